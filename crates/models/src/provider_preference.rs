//! What a workspace prefers: whose credentials pay for a provider, and which model is the default of a type.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::provider::ProviderType;
use crate::schema::{tenant_default_models as defaults, tenant_preferred_model_providers as preferred};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = defaults, check_for_backend(diesel::pg::Pg))]
pub struct DefaultModel {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub model_name: String,
    /// In either spelling.
    pub model_type: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl DefaultModel {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(defaults::tenant_id.eq(tenant)).order(defaults::created_at).load(conn).await
    }

    /// Replaces the default of a type; `spellings` are the names of that type in old rows.
    pub async fn replace(conn: &mut AsyncPgConnection, new: &Self, spellings: &[&str]) -> QueryResult<()> {
        let old = defaults::table
            .filter(defaults::tenant_id.eq(new.tenant_id))
            .filter(defaults::model_type.eq_any(spellings));
        diesel::delete(old).execute(conn).await?;
        diesel::insert_into(defaults::table).values(new).execute(conn).await.map(drop)
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = preferred, check_for_backend(diesel::pg::Pg))]
pub struct PreferredProvider {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub preferred_provider_type: ProviderType,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl PreferredProvider {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(preferred::tenant_id.eq(tenant)).order(preferred::created_at).load(conn).await
    }

    /// Replaces the preference; `names` are the provider's names in old rows.
    pub async fn replace(conn: &mut AsyncPgConnection, new: &Self, names: &[String]) -> QueryResult<()> {
        let old = preferred::table
            .filter(preferred::tenant_id.eq(new.tenant_id))
            .filter(preferred::provider_name.eq_any(names));
        diesel::delete(old).execute(conn).await?;
        diesel::insert_into(preferred::table).values(new).execute(conn).await.map(drop)
    }
}
