//! Who belongs to which workspace, and in which role.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::account::Account;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{accounts, tenant_account_joins as joins, tenants};
use crate::tenant::Tenant;
use crate::{AccountId, Role, TenantId, TenantStatus};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = joins, check_for_backend(diesel::pg::Pg))]
pub struct TenantMember {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    /// Whether this is the workspace that the account works in; at most one per account.
    pub current: bool,
    pub role: Role,
    pub invited_by: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl TenantMember {
    /// The account's memberships in workspaces of status `normal`, oldest first.
    pub async fn of_account(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<(Self, Tenant)>> {
        joins::table
            .inner_join(tenants::table.on(tenants::id.eq(joins::tenant_id)))
            .filter(joins::account_id.eq(account))
            .filter(tenants::status.eq(TenantStatus::Normal))
            .order(joins::created_at)
            .select((Self::as_select(), Tenant::as_select()))
            .load(conn)
            .await
    }

    /// An account with the workspace that it works in, in one query.
    pub async fn account_with_current(
        conn: &mut AsyncPgConnection,
        account: AccountId,
    ) -> QueryResult<Option<(Account, Option<(Self, Tenant)>)>> {
        accounts::table
            .left_join(
                joins::table
                    .inner_join(tenants::table.on(tenants::id.eq(joins::tenant_id)))
                    .on(joins::account_id.eq(accounts::id).and(joins::current)),
            )
            .filter(accounts::id.eq(account))
            .select((Account::as_select(), Option::<(Self, Tenant)>::as_select()))
            .first(conn)
            .await
            .optional()
    }

    /// The members of a workspace with their accounts, oldest first.
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<(Self, Account)>> {
        joins::table
            .inner_join(accounts::table.on(accounts::id.eq(joins::account_id)))
            .filter(joins::tenant_id.eq(tenant))
            .order(joins::created_at)
            .select((Self::as_select(), Account::as_select()))
            .load(conn)
            .await
    }

    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, account: AccountId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(joins::tenant_id.eq(tenant))
            .filter(joins::account_id.eq(account))
            .first(conn)
            .await
            .optional()
    }

    /// The owner of a workspace of status `normal`.
    pub async fn owner(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Option<(Self, Tenant, Account)>> {
        joins::table
            .inner_join(tenants::table.on(tenants::id.eq(joins::tenant_id)))
            .inner_join(accounts::table.on(accounts::id.eq(joins::account_id)))
            .filter(joins::tenant_id.eq(tenant))
            .filter(joins::role.eq(Role::Owner))
            .filter(tenants::status.eq(TenantStatus::Normal))
            .select((Self::as_select(), Tenant::as_select(), Account::as_select()))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(joins::table).values(new).execute(conn).await.map(drop)
    }

    /// The same, unless the account is a member already; whether it was added.
    pub async fn insert_if_absent(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<bool> {
        let insert = diesel::insert_into(joins::table).values(new).on_conflict((joins::tenant_id, joins::account_id));
        Ok(insert.do_nothing().execute(conn).await? > 0)
    }

    /// Makes `tenant` the only current workspace of the account.
    pub async fn make_current(
        conn: &mut AsyncPgConnection,
        account: AccountId,
        tenant: TenantId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let touched = joins::current.or(joins::tenant_id.eq(tenant));
        diesel::update(joins::table.filter(joins::account_id.eq(account)).filter(touched))
            .set((joins::current.eq(joins::tenant_id.eq(tenant)), joins::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// Gives a member another role; `false` if there is no such member.
    pub async fn set_role(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        account: AccountId,
        role: Role,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let member = joins::table.filter(joins::tenant_id.eq(tenant)).filter(joins::account_id.eq(account));
        let rows = diesel::update(member).set((joins::role.eq(role), joins::updated_at.eq(now))).execute(conn).await?;
        Ok(rows > 0)
    }

    /// Makes every owner of the workspace an administrator.
    pub async fn demote_owners(conn: &mut AsyncPgConnection, tenant: TenantId, now: NaiveDateTime) -> QueryResult<()> {
        let owners = joins::table.filter(joins::tenant_id.eq(tenant)).filter(joins::role.eq(Role::Owner));
        diesel::update(owners)
            .set((joins::role.eq(Role::Admin), joins::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// Ends a membership; `false` if there was none.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, account: AccountId) -> QueryResult<bool> {
        let member = joins::table.filter(joins::tenant_id.eq(tenant)).filter(joins::account_id.eq(account));
        Ok(diesel::delete(member).execute(conn).await? > 0)
    }
}
