//! Removing a person: the account, its memberships and its sign-ins elsewhere. What the person made in workspaces stays
//! there.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::AccountId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{account_integrates, accounts, tenant_account_joins as joins};

/// Who is next: the highest role, then the longest membership.
const HAND_OVER: &str = "\
    UPDATE tenant_account_joins AS heir SET role = 'owner', updated_at = $2 \
    FROM (SELECT DISTINCT ON (other.tenant_id) other.id \
          FROM tenant_account_joins AS mine \
          JOIN tenant_account_joins AS other ON other.tenant_id = mine.tenant_id AND other.account_id <> $1 \
          JOIN accounts ON accounts.id = other.account_id AND accounts.status = 'active' \
          WHERE mine.account_id = $1 AND mine.role = 'owner' \
          ORDER BY other.tenant_id, \
                   array_position(ARRAY['owner', 'admin', 'editor', 'normal', 'dataset_operator'], other.role::text), \
                   other.created_at) AS next \
    WHERE heir.id = next.id";

/// Workspaces where nobody else is active.
const ARCHIVE: &str = "\
    UPDATE tenants SET status = 'archive', updated_at = $2 \
    WHERE id IN (SELECT tenant_id FROM tenant_account_joins WHERE account_id = $1 AND role = 'owner') \
      AND NOT EXISTS (SELECT 1 FROM tenant_account_joins AS other \
                      JOIN accounts ON accounts.id = other.account_id AND accounts.status = 'active' \
                      WHERE other.tenant_id = tenants.id AND other.account_id <> $1)";

/// Gives the workspaces that the account owns to the next of their active members; those without any are archived.
/// To be called in a transaction, before [`remove`].
pub async fn give_up_workspaces(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: NaiveDateTime,
) -> QueryResult<()> {
    for statement in [HAND_OVER, ARCHIVE] {
        diesel::sql_query(statement).bind::<SqlUuid, _>(account.0).bind::<Timestamp, _>(now).execute(conn).await?;
    }
    Ok(())
}

/// Removes the account and what hangs on it.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    diesel::delete(joins::table.filter(joins::account_id.eq(account))).execute(conn).await?;
    diesel::delete(account_integrates::table.filter(account_integrates::account_id.eq(account.0)))
        .execute(conn)
        .await?;
    diesel::delete(accounts::table.filter(accounts::id.eq(account))).execute(conn).await.map(drop)
}
