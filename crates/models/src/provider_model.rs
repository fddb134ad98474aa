//! Models that a workspace added to a provider. `model_type` is in the tables' spelling (`text-generation`).

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::provider_models;
use crate::{CredentialId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = provider_models, check_for_backend(diesel::pg::Pg))]
pub struct ProviderModel {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub model_name: String,
    pub model_type: String,
    /// The active credential.
    pub credential_id: Option<CredentialId>,
    pub is_valid: bool,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl ProviderModel {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(provider_models::tenant_id.eq(tenant)).order(provider_models::created_at).load(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(provider_models::table).values(new).execute(conn).await.map(drop)
    }

    pub async fn set_credential(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        credential: Option<CredentialId>,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let row =
            provider_models::table.filter(provider_models::tenant_id.eq(tenant)).filter(provider_models::id.eq(id));
        diesel::update(row)
            .set((
                provider_models::credential_id.eq(credential),
                provider_models::is_valid.eq(true),
                provider_models::updated_at.eq(now),
            ))
            .execute(conn)
            .await
            .map(drop)
    }

    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<()> {
        let row =
            provider_models::table.filter(provider_models::tenant_id.eq(tenant)).filter(provider_models::id.eq(id));
        diesel::delete(row).execute(conn).await.map(drop)
    }
}
