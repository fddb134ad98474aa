//! Named credentials of one model; `provider_models.credential_id` points to the active one.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::provider_model_credentials as credentials;
use crate::{CredentialId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = credentials, check_for_backend(diesel::pg::Pg))]
pub struct ProviderModelCredential {
    pub id: CredentialId,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub model_name: String,
    pub model_type: String,
    pub credential_name: String,
    /// JSON text in which the secret values are encrypted.
    pub encrypted_config: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl ProviderModelCredential {
    pub async fn of_tenant(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Self>> {
        Self::query().filter(credentials::tenant_id.eq(tenant)).order(credentials::created_at.desc()).load(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(credentials::table).values(new).execute(conn).await.map(drop)
    }

    pub async fn update(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: CredentialId,
        name: &str,
        encrypted_config: &str,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let rows =
            diesel::update(credentials::table.filter(credentials::tenant_id.eq(tenant)).filter(credentials::id.eq(id)))
                .set((
                    credentials::credential_name.eq(name),
                    credentials::encrypted_config.eq(encrypted_config),
                    credentials::updated_at.eq(now),
                ))
                .execute(conn)
                .await?;
        Ok(rows > 0)
    }

    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: CredentialId) -> QueryResult<bool> {
        let row = credentials::table.filter(credentials::tenant_id.eq(tenant)).filter(credentials::id.eq(id));
        Ok(diesel::delete(row).execute(conn).await? > 0)
    }

    /// Removes all credentials of one model.
    pub async fn delete_of_model(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        names: &[String],
        model: &str,
        model_type: &str,
    ) -> QueryResult<()> {
        let rows = credentials::table
            .filter(credentials::tenant_id.eq(tenant))
            .filter(credentials::provider_name.eq_any(names))
            .filter(credentials::model_name.eq(model))
            .filter(credentials::model_type.eq(model_type));
        diesel::delete(rows).execute(conn).await.map(drop)
    }
}
