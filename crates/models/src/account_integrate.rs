//! Accounts elsewhere that people sign in with.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::AccountId;
use crate::account::Account;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{account_integrates as integrates, accounts};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = integrates, check_for_backend(diesel::pg::Pg))]
pub struct AccountIntegrate {
    pub id: Uuid,
    pub account_id: AccountId,
    /// `github` or `google`.
    pub provider: String,
    /// Who one is there.
    pub open_id: String,
    /// Empty: tokens are used once and not kept.
    pub encrypted_token: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl AccountIntegrate {
    /// The account of somebody elsewhere.
    pub async fn account(conn: &mut AsyncPgConnection, provider: &str, open_id: &str) -> QueryResult<Option<Account>> {
        integrates::table
            .inner_join(accounts::table.on(accounts::id.eq(integrates::account_id)))
            .filter(integrates::provider.eq(provider))
            .filter(integrates::open_id.eq(open_id))
            .select(Account::as_select())
            .first(conn)
            .await
            .optional()
    }

    pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Self>> {
        Self::query().filter(integrates::account_id.eq(account)).order(integrates::created_at).load(conn).await
    }

    /// Binds an account to somebody elsewhere, in place of whom it was bound to there. Somebody who is bound to
    /// another account stays so.
    pub async fn bind(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        let bound = integrates::table
            .filter(integrates::account_id.eq(new.account_id))
            .filter(integrates::provider.eq(&new.provider));
        let moved = diesel::update(bound)
            .set((integrates::open_id.eq(&new.open_id), integrates::updated_at.eq(new.updated_at)))
            .execute(conn)
            .await?;
        if moved == 0 {
            diesel::insert_into(integrates::table).values(new).on_conflict_do_nothing().execute(conn).await?;
        }
        Ok(())
    }
}
