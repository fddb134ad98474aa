//! A provider's own credentials: several by name, one of them active.

use chrono::Utc;
use core_model_runtime::RegisteredProvider;
use models::db::AsyncConnection;
use models::provider::{Provider, ProviderType};
use models::provider_credential::ProviderCredential;
use models::provider_model_setting::forget_balanced_credential;
use models::{CredentialId, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::configured::Configured;
use super::error::ProviderError;
use super::resolve::StoredCredential;
use super::{Providers, credential_name, stored};

/// What the form of an existing credential sends, of a provider's own or of one of its models.
#[derive(Debug)]
pub struct EditedCredential<'a> {
    pub id: CredentialId,
    pub values: Map<String, Value>,
    pub name: Option<&'a str>,
}

impl Providers {
    /// What a person sees of a credential, of the active one by default; `None` if there is none.
    pub async fn credential(
        &self,
        tenant: TenantId,
        provider: &str,
        id: Option<CredentialId>,
    ) -> Result<Option<Map<String, Value>>, ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        let row = match id {
            Some(id) => Some(configured.credential(provider.id(), id).ok_or(ProviderError::NoSuchCredential)?),
            None => configured.active_credential(provider.id()),
        };
        let Some(row) = row else { return Ok(None) };
        let clear = self.resolver.open(tenant, of(row, provider)).await?;
        Ok(Some(stored::shown(&clear, &provider.secret_variables())))
    }

    /// Checks a form, with a call to the provider.
    pub async fn check_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        mut values: Map<String, Value>,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        let active = configured.active_credential(provider.id());
        self.unhide(tenant, active.map(|row| of(row, provider)), &mut values).await?;
        self.runtime.validate_provider_credentials(provider.id(), &values).await?;
        Ok(())
    }

    /// Adds a credential; the first one becomes the active one.
    pub async fn add_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        values: &Map<String, Value>,
        name: Option<&str>,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let name = credential_name::choose(name, configured.credentials(id).map(|c| c.credential_name.as_str()))?;
        let checked = self.runtime.validate_provider_credentials(id, values).await?;
        let config = stored::seal(self.resolver.keys(), tenant, &checked, &provider.secret_variables()).await?;
        let now = Utc::now().naive_utc();
        let credential = ProviderCredential {
            id: CredentialId(Uuid::now_v7()),
            tenant_id: tenant,
            provider_name: id.to_string(),
            credential_name: name,
            encrypted_config: config,
            created_at: now,
            updated_at: now,
        };
        let existing = configured.provider(id);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            ProviderCredential::insert(conn, &credential).await?;
            match existing {
                None => {
                    let record = Provider {
                        id: Uuid::new_v4(),
                        tenant_id: tenant,
                        provider_name: id.to_string(),
                        provider_type: ProviderType::Custom,
                        is_valid: true,
                        last_used: None,
                        credential_id: Some(credential.id),
                        quota_type: Some(String::new()),
                        quota_limit: None,
                        quota_used: Some(0),
                        created_at: now,
                        updated_at: now,
                    };
                    Provider::insert(conn, &record).await?;
                    self.prefer(conn, tenant, id, ProviderType::Custom).await
                }
                Some(record) if record.credential_id.is_none() => {
                    Provider::set_credential(conn, tenant, record.id, Some(credential.id), now).await?;
                    self.prefer(conn, tenant, id, ProviderType::Custom).await
                }
                Some(_) => Ok(()),
            }
        })
        .await?;
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    pub async fn edit_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        edited: EditedCredential<'_>,
    ) -> Result<(), ProviderError> {
        let EditedCredential { id: credential, mut values, name } = edited;
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let old = configured.credential(id, credential).ok_or(ProviderError::NoSuchCredential)?;
        let others = configured.credentials(id).filter(|c| c.id != credential);
        let taken = others.map(|c| c.credential_name.as_str());
        let name = credential_name::choose(name.or(Some(&old.credential_name)), taken)?;
        self.unhide(tenant, Some(of(old, provider)), &mut values).await?;
        let checked = self.runtime.validate_provider_credentials(id, &values).await?;
        let config = stored::seal(self.resolver.keys(), tenant, &checked, &provider.secret_variables()).await?;
        let now = Utc::now().naive_utc();
        ProviderCredential::update(&mut *self.pool.get().await?, tenant, credential, &name, &config, now).await?;
        self.credential_changed(tenant, credential).await;
        Ok(())
    }

    /// Removes a credential. With the last one goes the provider's record; without an active one nothing can be called
    /// until another is chosen.
    pub async fn remove_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        credential: CredentialId,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        configured.credential(id, credential).ok_or(ProviderError::NoSuchCredential)?;
        let is_last = configured.credentials(id).all(|c| c.id == credential);
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            forget_balanced_credential(conn, tenant, credential, "provider").await?;
            ProviderCredential::delete(conn, tenant, credential).await?;
            let Some(record) = configured.provider(id) else { return Ok(()) };
            if is_last {
                Provider::delete(conn, tenant, record.id).await?;
                return self.prefer(conn, tenant, id, ProviderType::System).await;
            }
            if record.credential_id == Some(credential) {
                Provider::set_credential(conn, tenant, record.id, None, now).await?;
                return self.prefer(conn, tenant, id, ProviderType::System).await;
            }
            Ok(())
        })
        .await?;
        drop(conn);
        self.credential_changed(tenant, credential).await;
        Ok(())
    }

    /// Makes another credential the active one.
    pub async fn switch_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        credential: CredentialId,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        configured.credential(id, credential).ok_or(ProviderError::NoSuchCredential)?;
        let record = configured.provider(id).ok_or_else(|| ProviderError::Unknown(id.to_string()))?;
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            Provider::set_credential(conn, tenant, record.id, Some(credential), now).await?;
            self.prefer(conn, tenant, id, ProviderType::Custom).await
        })
        .await?;
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    /// Puts the values of a stored credential where the form says "unchanged".
    pub(super) async fn unhide(
        &self,
        tenant: TenantId,
        stored: Option<StoredCredential<'_>>,
        values: &mut Map<String, Value>,
    ) -> Result<(), ProviderError> {
        if stored::keeps_something(values) {
            let stored = stored.ok_or(ProviderError::NoSuchCredential)?;
            let clear = self.resolver.open(tenant, stored).await?;
            stored::merge(values, &clear);
        }
        Ok(())
    }

    /// Forgets what was known of a credential and of the workspace's providers.
    pub(super) async fn credential_changed(&self, tenant: TenantId, credential: CredentialId) {
        self.resolver.forget_credential(tenant, credential).await;
        self.changed(tenant).await;
    }

    /// Credentials by name, newest first.
    pub(super) fn credential_names(
        configured: &Configured,
        provider: &RegisteredProvider,
    ) -> Vec<super::NamedCredential> {
        configured.credentials(provider.id()).map(|c| super::catalogue::named(c.id, &c.credential_name)).collect()
    }
}

fn of<'a>(row: &'a ProviderCredential, provider: &'a RegisteredProvider) -> StoredCredential<'a> {
    StoredCredential { id: row.id, config: &row.encrypted_config, secrets: provider.secret_variables() }
}
