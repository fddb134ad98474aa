//! Extensions that a workspace reaches by HTTP: for moderation and for external data.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::api_based_extensions as extensions;

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = extensions, check_for_backend(diesel::pg::Pg))]
pub struct ApiBasedExtension {
    pub id: Uuid,
    pub tenant_id: TenantId,
    /// Unique in the workspace, as far as the services see to it.
    pub name: String,
    pub api_endpoint: String,
    /// Encrypted with the workspace's key.
    pub api_key: String,
    pub created_at: NaiveDateTime,
}

/// What may be changed; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = extensions)]
pub struct ApiBasedExtensionChanges<'a> {
    pub name: Option<&'a str>,
    pub api_endpoint: Option<&'a str>,
    pub api_key: Option<&'a str>,
}

impl ApiBasedExtension {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(extensions::tenant_id.eq(tenant))
            .filter(extensions::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// The workspace's extensions, newest first.
    pub async fn list(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(extensions::tenant_id.eq(tenant)).order(extensions::created_at.desc()).load(conn).await
    }

    /// Those of the ids that are extensions of the workspace.
    pub async fn known(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
        extensions::table
            .filter(extensions::tenant_id.eq(tenant))
            .filter(extensions::id.eq_any(ids))
            .select(extensions::id)
            .load(conn)
            .await
    }

    /// Whether another extension of the workspace has the name.
    pub async fn is_taken(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        name: &str,
        but: Option<Uuid>,
    ) -> QueryResult<bool> {
        let mut others = extensions::table
            .filter(extensions::tenant_id.eq(tenant))
            .filter(extensions::name.eq(name))
            .select(extensions::id)
            .into_boxed();
        if let Some(id) = but {
            others = others.filter(extensions::id.ne(id));
        }
        Ok(others.first::<Uuid>(conn).await.optional()?.is_some())
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(extensions::table).values(new).execute(conn).await.map(drop)
    }

    /// Changes an extension; `None` if there is none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        changes: &ApiBasedExtensionChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        let row = extensions::table.filter(extensions::tenant_id.eq(tenant)).filter(extensions::id.eq(id));
        diesel::update(row).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }

    /// Removes an extension; `false` if there was none.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<bool> {
        let row = extensions::table.filter(extensions::tenant_id.eq(tenant)).filter(extensions::id.eq(id));
        Ok(diesel::delete(row).execute(conn).await? > 0)
    }
}
