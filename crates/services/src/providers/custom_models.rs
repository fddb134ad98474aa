//! Models that a workspace adds to a provider's list or takes off it.

use models::TenantId;
use models::db::AsyncConnection;
use models::provider_model::ProviderModel;
use models::provider_model_credential::ProviderModelCredential;
use models::provider_model_setting::forget_balanced_model;
use serde_json::{Map, Value};

use super::catalogue::{available, named};
use super::configured::ModelKey;
use super::error::ProviderError;
use super::model_credentials::{find, of};
use super::{NamedCredential, Providers, names, stored};

/// Whose credentials a model is shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    Provider,
    Model,
}

/// The credentials dialog of a model.
#[derive(Debug)]
pub struct ModelCredentialView {
    /// Of the asked or the active credential, secrets obfuscated.
    pub values: Map<String, Value>,
    pub current: Option<NamedCredential>,
    pub available: Vec<NamedCredential>,
    pub load_balancing: bool,
}

impl Providers {
    /// What the credentials dialog of a model shows.
    pub async fn model_credential(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        source: CredentialSource,
        asked: Option<models::CredentialId>,
    ) -> Result<ModelCredentialView, ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let row = match asked {
            Some(asked) if source == CredentialSource::Model => Some(find(&configured, provider, key, asked)?),
            Some(_) | None => configured.active_model_credential(id, key),
        };
        let values = match row {
            Some(row) => {
                let clear = self.resolver.open(tenant, of(row, provider)).await?;
                stored::shown(&clear, &provider.model_secret_variables())
            }
            None => Map::new(),
        };
        let available = match source {
            CredentialSource::Model => available(&configured, provider, key),
            CredentialSource::Provider => Self::credential_names(&configured, provider),
        };
        Ok(ModelCredentialView {
            values,
            current: row.map(|row| named(row.id, &row.credential_name)),
            available,
            load_balancing: configured.setting(id, key).is_some_and(|s| s.load_balancing_enabled),
        })
    }

    /// Takes a model off the provider's list, with its credentials.
    pub async fn remove_model(&self, tenant: TenantId, provider: &str, key: ModelKey<'_>) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let id = provider.id();
        let configured = self.resolver.configured(tenant).await?;
        let credentials: Vec<_> = configured.credentials_of_model(id, key).map(|c| c.id).collect();
        let row = configured.model(id, key);
        if row.is_none() && credentials.is_empty() {
            return Err(ProviderError::NoSuchModel(key.name.to_owned()));
        }
        let (names, ty) = (names(id), key.ty.storage_alias());
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if let Some(row) = row {
                ProviderModel::delete(conn, tenant, row.id).await?;
            }
            ProviderModelCredential::delete_of_model(conn, tenant, &names, key.name, ty).await?;
            forget_balanced_model(conn, tenant, &names, key.name, ty).await
        })
        .await?;
        drop(conn);
        for credential in credentials {
            self.resolver.forget_credential(tenant, credential).await;
        }
        self.changed(tenant).await;
        Ok(())
    }
}
