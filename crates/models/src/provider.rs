//! Model providers that a workspace configured. `provider_name` may be a canonical or a short id: callers pass both.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::providers;
use crate::{CredentialId, TenantId};

text_enum! {
    /// Whose credentials pay: the workspace's own or the installation's.
    ProviderType {
        Custom => "custom",
        System => "system",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = providers, check_for_backend(diesel::pg::Pg))]
pub struct Provider {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub provider_type: ProviderType,
    pub is_valid: bool,
    pub last_used: Option<NaiveDateTime>,
    /// The active credential.
    pub credential_id: Option<CredentialId>,
    pub quota_type: Option<String>,
    pub quota_limit: Option<i64>,
    pub quota_used: Option<i64>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl Provider {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(providers::tenant_id.eq(tenant)).order(providers::created_at).load(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(providers::table).values(new).execute(conn).await.map(drop)
    }

    /// Makes a credential the active one (or none) of a provider of the workspace.
    pub async fn set_credential(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        credential: Option<CredentialId>,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        diesel::update(providers::table.filter(providers::tenant_id.eq(tenant)).filter(providers::id.eq(id)))
            .set((providers::credential_id.eq(credential), providers::is_valid.eq(true), providers::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<()> {
        diesel::delete(providers::table.filter(providers::tenant_id.eq(tenant)).filter(providers::id.eq(id)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// Notes a use, at most once in `every`.
    pub async fn touch(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        names: &[String],
        now: NaiveDateTime,
        every: chrono::Duration,
    ) -> QueryResult<()> {
        let stale = providers::last_used.is_null().or(providers::last_used.lt(now - every));
        diesel::update(
            providers::table
                .filter(providers::tenant_id.eq(tenant))
                .filter(providers::provider_name.eq_any(names))
                .filter(stale),
        )
        .set(providers::last_used.eq(now))
        .execute(conn)
        .await
        .map(drop)
    }
}
