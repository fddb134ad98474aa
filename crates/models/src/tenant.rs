//! Workspaces.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::tenants;
use crate::{TenantId, TenantStatus};

/// The plan of a workspace where nobody bills.
pub const BASIC_PLAN: &str = "basic";

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    /// PEM; its private half is in the file storage.
    pub encrypt_public_key: Option<String>,
    pub plan: String,
    pub status: TenantStatus,
    /// JSON text: `replace_webapp_logo`, `remove_webapp_brand`.
    pub custom_config: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// What may be changed of a workspace; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = tenants)]
pub struct TenantChanges<'a> {
    pub name: Option<&'a str>,
    pub encrypt_public_key: Option<&'a str>,
    pub custom_config: Option<&'a str>,
    pub updated_at: Option<NaiveDateTime>,
}

impl Tenant {
    pub async fn find(conn: &mut AsyncPgConnection, id: TenantId) -> QueryResult<Option<Self>> {
        Self::query().filter(tenants::id.eq(id)).first(conn).await.optional()
    }

    /// Lets only one transaction at a time say who owns the workspace.
    pub async fn lock(conn: &mut AsyncPgConnection, id: TenantId) -> QueryResult<Option<Self>> {
        Self::query().filter(tenants::id.eq(id)).for_update().first(conn).await.optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(tenants::table).values(new).execute(conn).await.map(drop)
    }

    /// Changes a workspace; `None` if there is none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        id: TenantId,
        changes: &TenantChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(tenants::table.filter(tenants::id.eq(id)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Whether any workspace exists.
    pub async fn any(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(tenants::table.select(tenants::id))).get_result(conn).await
    }

    /// A page of all workspaces of the installation, newest first, and how many there are.
    pub async fn page(conn: &mut AsyncPgConnection, limit: i64, offset: i64) -> QueryResult<(Vec<Self>, i64)> {
        let rows = Self::query().order(tenants::created_at.desc()).limit(limit).offset(offset).load(conn).await?;
        let total = tenants::table.count().get_result(conn).await?;
        Ok((rows, total))
    }
}
