//! Which models a workspace switched off, and which it balances over several keys.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{load_balancing_model_configs as balancing, provider_model_settings as settings};
use crate::{CredentialId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = settings, check_for_backend(diesel::pg::Pg))]
pub struct ProviderModelSetting {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub model_name: String,
    pub model_type: String,
    pub enabled: bool,
    pub load_balancing_enabled: bool,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl ProviderModelSetting {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(settings::tenant_id.eq(tenant)).order(settings::created_at).load(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(settings::table).values(new).execute(conn).await.map(drop)
    }

    pub async fn set_enabled(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        enabled: bool,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        diesel::update(settings::table.filter(settings::tenant_id.eq(tenant)).filter(settings::id.eq(id)))
            .set((settings::enabled.eq(enabled), settings::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }
}

/// Forgets a credential in every load-balancing list of the workspace; `source` is `provider` or `custom_model`.
pub async fn forget_balanced_credential(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    credential: CredentialId,
    source: &str,
) -> QueryResult<()> {
    let rows = balancing::table
        .filter(balancing::tenant_id.eq(tenant))
        .filter(balancing::credential_id.eq(credential))
        .filter(balancing::credential_source_type.eq(source));
    diesel::delete(rows).execute(conn).await.map(drop)
}

/// Forgets the load-balancing list of a model.
pub async fn forget_balanced_model(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    names: &[String],
    model: &str,
    model_type: &str,
) -> QueryResult<()> {
    let rows = balancing::table
        .filter(balancing::tenant_id.eq(tenant))
        .filter(balancing::provider_name.eq_any(names))
        .filter(balancing::model_name.eq(model))
        .filter(balancing::model_type.eq(model_type));
    diesel::delete(rows).execute(conn).await.map(drop)
}
