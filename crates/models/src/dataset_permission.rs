//! Which members a dataset is open to, where it is open to some.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{dataset_permissions as permissions, tenant_account_joins};
use crate::{AccountId, DatasetId, TenantId};

#[derive(Insertable)]
#[diesel(table_name = permissions)]
struct NewPermission {
    id: Uuid,
    dataset_id: DatasetId,
    account_id: AccountId,
    tenant_id: TenantId,
    has_permission: bool,
    created_at: NaiveDateTime,
}

/// The members that several datasets are open to.
pub async fn members(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
) -> QueryResult<Vec<(DatasetId, AccountId)>> {
    permissions::table
        .filter(permissions::tenant_id.eq(tenant))
        .filter(permissions::dataset_id.eq_any(datasets))
        .filter(permissions::has_permission)
        .order((permissions::created_at, permissions::id))
        .select((permissions::dataset_id, permissions::account_id))
        .load(conn)
        .await
}

/// Whether the member was let into the dataset.
pub async fn granted(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    account: AccountId,
) -> QueryResult<bool> {
    let found = permissions::table
        .filter(permissions::tenant_id.eq(tenant))
        .filter(permissions::dataset_id.eq(dataset))
        .filter(permissions::account_id.eq(account))
        .filter(permissions::has_permission)
        .select(permissions::id);
    diesel::select(diesel::dsl::exists(found)).get_result(conn).await
}

/// Makes `accounts` exactly those whom the dataset is open to, as far as they are members of the workspace.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    accounts: &[AccountId],
) -> QueryResult<()> {
    let old = permissions::table.filter(permissions::tenant_id.eq(tenant)).filter(permissions::dataset_id.eq(dataset));
    diesel::delete(old).execute(conn).await?;
    let members: Vec<AccountId> = tenant_account_joins::table
        .filter(tenant_account_joins::tenant_id.eq(tenant))
        .filter(tenant_account_joins::account_id.eq_any(accounts))
        .select(tenant_account_joins::account_id)
        .load(conn)
        .await?;
    let created_at = chrono::Utc::now().naive_utc();
    let new: Vec<NewPermission> = members
        .iter()
        .map(|account| NewPermission {
            id: Uuid::new_v4(),
            dataset_id: dataset,
            account_id: *account,
            tenant_id: tenant,
            has_permission: true,
            created_at,
        })
        .collect();
    if !new.is_empty() {
        diesel::insert_into(permissions::table).values(&new).execute(conn).await?;
    }
    Ok(())
}
