//! Credentials of single models: several by name, one of them active.

use chrono::Utc;
use core_model_runtime::RegisteredProvider;
use models::db::AsyncConnection;
use models::provider_model::ProviderModel;
use models::provider_model_credential::ProviderModelCredential;
use models::provider_model_setting::forget_balanced_credential;
use models::{CredentialId, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::configured::{Configured, ModelKey};
use super::credentials::EditedCredential;
use super::error::ProviderError;
use super::resolve::StoredCredential;
use super::{Providers, credential_name, stored};

impl Providers {
    /// Checks a form, with a call to the model.
    pub async fn check_model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        mut values: Map<String, Value>,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        let active = configured.active_model_credential(provider.id(), key);
        self.unhide(tenant, active.map(|row| of(row, provider)), &mut values).await?;
        self.runtime.validate_model_credentials(provider.id(), key.ty, key.name, &values).await?;
        Ok(())
    }

    /// Adds a credential to a model. The first one also puts the model in the provider's list.
    pub async fn add_model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        values: &Map<String, Value>,
        name: Option<&str>,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let siblings = configured.credentials_of_model(id, key);
        let name = credential_name::choose(name, siblings.map(|c| c.credential_name.as_str()))?;
        let checked = self.runtime.validate_model_credentials(id, key.ty, key.name, values).await?;
        let config = stored::seal(self.resolver.keys(), tenant, &checked, &provider.model_secret_variables()).await?;
        let now = Utc::now().naive_utc();
        let credential = ProviderModelCredential {
            id: CredentialId(Uuid::now_v7()),
            tenant_id: tenant,
            provider_name: id.to_string(),
            model_name: key.name.to_owned(),
            model_type: key.ty.storage_alias().to_owned(),
            credential_name: name,
            encrypted_config: config,
            created_at: now,
            updated_at: now,
        };
        let listed = configured.model(id, key);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            ProviderModelCredential::insert(conn, &credential).await?;
            match listed {
                None => ProviderModel::insert(conn, &listed_model(tenant, provider, key, credential.id)).await,
                Some(row) if row.credential_id.is_none() => {
                    ProviderModel::set_credential(conn, tenant, row.id, Some(credential.id), now).await
                }
                Some(_) => Ok(()),
            }
        })
        .await?;
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    pub async fn edit_model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        edited: EditedCredential<'_>,
    ) -> Result<(), ProviderError> {
        let EditedCredential { id: credential, mut values, name } = edited;
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let old = find(&configured, provider, key, credential)?;
        let others = configured.credentials_of_model(id, key).filter(|c| c.id != credential);
        let taken = others.map(|c| c.credential_name.as_str());
        let name = credential_name::choose(name.or(Some(&old.credential_name)), taken)?;
        self.unhide(tenant, Some(of(old, provider)), &mut values).await?;
        let checked = self.runtime.validate_model_credentials(id, key.ty, key.name, &values).await?;
        let config = stored::seal(self.resolver.keys(), tenant, &checked, &provider.model_secret_variables()).await?;
        let now = Utc::now().naive_utc();
        ProviderModelCredential::update(&mut *self.pool.get().await?, tenant, credential, &name, &config, now).await?;
        self.credential_changed(tenant, credential).await;
        Ok(())
    }

    /// Removes a credential of a model; with the last one the model leaves the list.
    pub async fn remove_model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        credential: CredentialId,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        find(&configured, provider, key, credential)?;
        let is_last = configured.credentials_of_model(id, key).all(|c| c.id == credential);
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            forget_balanced_credential(conn, tenant, credential, "custom_model").await?;
            ProviderModelCredential::delete(conn, tenant, credential).await?;
            match configured.model(id, key) {
                Some(row) if is_last => ProviderModel::delete(conn, tenant, row.id).await,
                Some(row) if row.credential_id == Some(credential) => {
                    ProviderModel::set_credential(conn, tenant, row.id, None, now).await
                }
                Some(_) | None => Ok(()),
            }
        })
        .await?;
        drop(conn);
        self.credential_changed(tenant, credential).await;
        Ok(())
    }

    /// Makes a credential the active one of its model, which joins the provider's list if it was not in it.
    pub async fn switch_model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        credential: CredentialId,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        find(&configured, provider, key, credential)?;
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        match configured.model(provider.id(), key) {
            Some(row) => ProviderModel::set_credential(&mut conn, tenant, row.id, Some(credential), now).await?,
            None => ProviderModel::insert(&mut conn, &listed_model(tenant, provider, key, credential)).await?,
        }
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }
}

pub(super) fn of<'a>(row: &'a ProviderModelCredential, provider: &'a RegisteredProvider) -> StoredCredential<'a> {
    StoredCredential { id: row.id, config: &row.encrypted_config, secrets: provider.model_secret_variables() }
}

pub(super) fn find<'a>(
    configured: &'a Configured,
    provider: &'a RegisteredProvider,
    key: ModelKey<'a>,
    credential: CredentialId,
) -> Result<&'a ProviderModelCredential, ProviderError> {
    let mut of_model = configured.credentials_of_model(provider.id(), key);
    of_model.find(|c| c.id == credential).ok_or(ProviderError::NoSuchCredential)
}

fn listed_model(
    tenant: TenantId,
    provider: &RegisteredProvider,
    key: ModelKey<'_>,
    credential: CredentialId,
) -> ProviderModel {
    let now = Utc::now().naive_utc();
    ProviderModel {
        id: Uuid::new_v4(),
        tenant_id: tenant,
        provider_name: provider.id().to_string(),
        model_name: key.name.to_owned(),
        model_type: key.ty.storage_alias().to_owned(),
        credential_id: Some(credential),
        is_valid: true,
        created_at: now,
        updated_at: now,
    }
}
