//! All rows that a workspace has about model providers, read at once: they are few, and every question needs several.

use core_model_runtime::{ModelType, ProviderId};
use models::db::{AsyncPgConnection, QueryResult};
use models::provider::{Provider, ProviderType};
use models::provider_credential::ProviderCredential;
use models::provider_model::ProviderModel;
use models::provider_model_credential::ProviderModelCredential;
use models::provider_model_setting::ProviderModelSetting;
use models::provider_preference::{DefaultModel, PreferredProvider};
use models::{CredentialId, TenantId};

use super::is_named;

/// A model of a provider, whichever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelKey<'a> {
    pub name: &'a str,
    pub ty: ModelType,
}

impl ModelKey<'_> {
    fn is(&self, name: &str, ty: &str) -> bool {
        self.name == name && ModelType::from_any(ty) == Some(self.ty)
    }
}

#[derive(Debug, Default)]
pub(super) struct Configured {
    providers: Vec<Provider>,
    credentials: Vec<ProviderCredential>,
    models: Vec<ProviderModel>,
    model_credentials: Vec<ProviderModelCredential>,
    defaults: Vec<DefaultModel>,
    preferred: Vec<PreferredProvider>,
    settings: Vec<ProviderModelSetting>,
}

impl Configured {
    pub(super) async fn load(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Self> {
        Ok(Self {
            providers: Provider::of_tenant(conn, tenant).await?,
            credentials: ProviderCredential::of_tenant(conn, tenant).await?,
            models: ProviderModel::of_tenant(conn, tenant).await?,
            model_credentials: ProviderModelCredential::of_tenant(conn, tenant).await?,
            defaults: DefaultModel::of_tenant(conn, tenant).await?,
            preferred: PreferredProvider::of_tenant(conn, tenant).await?,
            settings: ProviderModelSetting::of_tenant(conn, tenant).await?,
        })
    }

    /// The provider's record for the workspace's own credentials.
    pub(super) fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|p| p.provider_type == ProviderType::Custom && is_named(&p.provider_name, id))
    }

    /// The provider's credentials, newest first.
    pub(super) fn credentials<'a>(&'a self, id: &'a ProviderId) -> impl Iterator<Item = &'a ProviderCredential> {
        self.credentials.iter().filter(move |c| is_named(&c.provider_name, id))
    }

    pub(super) fn credential(&self, id: &ProviderId, credential: CredentialId) -> Option<&ProviderCredential> {
        self.credentials.iter().find(|c| c.id == credential && is_named(&c.provider_name, id))
    }

    /// The credential that the provider uses now.
    pub(super) fn active_credential(&self, id: &ProviderId) -> Option<&ProviderCredential> {
        self.credential(id, self.provider(id)?.credential_id?)
    }

    /// Models that the workspace added.
    pub(super) fn models<'a>(&'a self, id: &'a ProviderId) -> impl Iterator<Item = &'a ProviderModel> {
        self.models.iter().filter(move |m| is_named(&m.provider_name, id))
    }

    pub(super) fn model(&self, id: &ProviderId, key: ModelKey<'_>) -> Option<&ProviderModel> {
        self.models.iter().find(|m| is_named(&m.provider_name, id) && key.is(&m.model_name, &m.model_type))
    }

    /// All credentials of models of the provider, newest first.
    pub(super) fn model_credentials<'a>(
        &'a self,
        id: &'a ProviderId,
    ) -> impl Iterator<Item = &'a ProviderModelCredential> {
        self.model_credentials.iter().filter(move |c| is_named(&c.provider_name, id))
    }

    /// The credentials of one model, newest first.
    pub(super) fn credentials_of_model<'a>(
        &'a self,
        id: &'a ProviderId,
        key: ModelKey<'a>,
    ) -> impl Iterator<Item = &'a ProviderModelCredential> {
        self.model_credentials(id).filter(move |c| key.is(&c.model_name, &c.model_type))
    }

    /// The credential that the model uses now.
    pub(super) fn active_model_credential<'a>(
        &'a self,
        id: &'a ProviderId,
        key: ModelKey<'a>,
    ) -> Option<&'a ProviderModelCredential> {
        let active = self.model(id, key)?.credential_id?;
        self.credentials_of_model(id, key).find(|c| c.id == active)
    }

    /// Whether the model was switched off.
    pub(super) fn is_disabled(&self, id: &ProviderId, key: ModelKey<'_>) -> bool {
        self.setting(id, key).is_some_and(|s| !s.enabled)
    }

    pub(super) fn setting(&self, id: &ProviderId, key: ModelKey<'_>) -> Option<&ProviderModelSetting> {
        self.settings.iter().find(|s| is_named(&s.provider_name, id) && key.is(&s.model_name, &s.model_type))
    }

    /// The stored default of a type.
    pub(super) fn default_model(&self, ty: ModelType) -> Option<&DefaultModel> {
        self.defaults.iter().find(|d| ModelType::from_any(&d.model_type) == Some(ty))
    }

    pub(super) fn preferred(&self, id: &ProviderId) -> Option<ProviderType> {
        let row = self.preferred.iter().find(|p| is_named(&p.provider_name, id))?;
        Some(row.preferred_provider_type)
    }

    /// Whether anything of the provider is configured.
    pub(super) fn has_anything(&self, id: &ProviderId) -> bool {
        (self.provider(id).is_some() && self.credentials(id).next().is_some())
            || self.models(id).next().is_some()
            || self.model_credentials(id).next().is_some()
    }
}
