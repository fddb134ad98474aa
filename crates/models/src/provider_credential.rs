//! Named credentials of a model provider; `providers.credential_id` points to the active one.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::provider_credentials as credentials;
use crate::{CredentialId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = credentials, check_for_backend(diesel::pg::Pg))]
pub struct ProviderCredential {
    pub id: CredentialId,
    pub tenant_id: TenantId,
    pub provider_name: String,
    pub credential_name: String,
    /// JSON text in which the secret values are encrypted.
    pub encrypted_config: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl ProviderCredential {
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
}
