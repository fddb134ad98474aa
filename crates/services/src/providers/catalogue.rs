//! What the settings page shows of providers and models.

use std::sync::Arc;

use core_model_runtime::{AiModel, FetchFrom, ModelType, RegisteredProvider};
use models::provider::ProviderType;
use models::{CredentialId, TenantId};

use super::Providers;
use super::configured::{Configured, ModelKey};
use super::error::ProviderError;

/// A credential without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCredential {
    pub id: CredentialId,
    pub name: String,
}

/// A model that a workspace added or has credentials for.
#[derive(Debug, Clone)]
pub struct CustomModel {
    pub model: String,
    pub model_type: ModelType,
    pub current: Option<NamedCredential>,
    pub available: Vec<NamedCredential>,
    /// It has credentials and is in no list.
    pub unadded: bool,
}

/// What a workspace configured of a provider.
#[derive(Debug, Clone)]
pub struct CustomConfiguration {
    pub active: bool,
    pub current: Option<NamedCredential>,
    pub available: Vec<NamedCredential>,
    pub models: Vec<CustomModel>,
}

/// A provider as a workspace sees it.
#[derive(Clone)]
pub struct ProviderView {
    pub provider: Arc<RegisteredProvider>,
    pub preferred: ProviderType,
    pub custom: CustomConfiguration,
}

/// Whether a model can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStatus {
    Active,
    NoConfigure,
    Disabled,
    CredentialRemoved,
}

impl ModelStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NoConfigure => "no-configure",
            Self::Disabled => "disabled",
            Self::CredentialRemoved => "credential-removed",
        }
    }
}

/// A model as a workspace sees it.
#[derive(Debug, Clone)]
pub struct ModelView {
    pub schema: Arc<AiModel>,
    pub fetch_from: FetchFrom,
    pub status: ModelStatus,
    pub load_balancing: bool,
}

impl Providers {
    /// Every provider, in display order; those with a model of the type only, if one is given.
    pub async fn list(&self, tenant: TenantId, ty: Option<ModelType>) -> Result<Vec<ProviderView>, ProviderError> {
        let configured = self.resolver.configured(tenant).await?;
        let providers = self.runtime.registry().providers();
        Ok(providers
            .filter(|p| ty.is_none_or(|ty| p.entity().supported_model_types.contains(&ty)))
            .map(|p| view(&configured, p))
            .collect())
    }

    /// All models of a provider, whatever their status.
    pub async fn models(&self, tenant: TenantId, provider: &str) -> Result<Vec<ModelView>, ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        self.models_of(tenant, &configured, provider, None).await
    }

    /// The usable models of a type, by provider; providers without any are left out.
    pub async fn active_models(
        &self,
        tenant: TenantId,
        ty: ModelType,
    ) -> Result<Vec<(Arc<RegisteredProvider>, Vec<ModelView>)>, ProviderError> {
        let configured = self.resolver.configured(tenant).await?;
        let mut found = Vec::new();
        for provider in self.runtime.registry().providers() {
            let mut models = self.models_of(tenant, &configured, provider, Some(ty)).await?;
            models.retain(|m| m.status == ModelStatus::Active && !m.schema.deprecated);
            if !models.is_empty() {
                found.push((Arc::clone(provider), models));
            }
        }
        Ok(found)
    }

    /// Every model of a type that the workspace could name, with its provider.
    pub async fn known_models(
        &self,
        tenant: TenantId,
        ty: ModelType,
    ) -> Result<Vec<(Arc<RegisteredProvider>, Vec<ModelView>)>, ProviderError> {
        let configured = self.resolver.configured(tenant).await?;
        let mut found = Vec::new();
        for provider in self.runtime.registry().providers() {
            let models = self.models_of(tenant, &configured, provider, Some(ty)).await?;
            found.push((Arc::clone(provider), models));
        }
        Ok(found)
    }

    pub(super) async fn models_of(
        &self,
        tenant: TenantId,
        configured: &Configured,
        provider: &Arc<RegisteredProvider>,
        ty: Option<ModelType>,
    ) -> Result<Vec<ModelView>, ProviderError> {
        let id = provider.id();
        let wanted = |model_type: ModelType| ty.is_none_or(|ty| ty == model_type);
        let provider_status = match (configured.active_credential(id), configured.credentials(id).next()) {
            (Some(_), _) => ModelStatus::Active,
            (None, _) if !provider.needs_credentials() => ModelStatus::Active,
            (None, Some(_)) => ModelStatus::CredentialRemoved,
            (None, None) => ModelStatus::NoConfigure,
        };
        let mut views = Vec::new();
        for schema in provider.models().iter().filter(|m| wanted(m.model_type)) {
            let key = ModelKey { name: &schema.model, ty: schema.model_type };
            let own = configured.active_model_credential(id, key).is_some();
            let status = if own { ModelStatus::Active } else { provider_status };
            views.push(judged(configured, provider, key, Arc::clone(schema), FetchFrom::PredefinedModel, status));
        }
        for row in configured.models(id) {
            let Some(model_type) = ModelType::from_any(&row.model_type).filter(|ty| wanted(*ty)) else { continue };
            let key = ModelKey { name: &row.model_name, ty: model_type };
            if provider.model(model_type, &row.model_name).is_some() {
                continue;
            }
            let Some(credentials) = self.resolver.credentials_for(tenant, configured, provider, key).await? else {
                continue;
            };
            let Some(schema) = self.runtime.model_schema(id, model_type, &row.model_name, &credentials) else {
                continue;
            };
            let removed = configured.active_model_credential(id, key).is_none()
                && configured.credentials_of_model(id, key).next().is_some();
            let status = if removed { ModelStatus::CredentialRemoved } else { ModelStatus::Active };
            views.push(judged(configured, provider, key, schema, FetchFrom::CustomizableModel, status));
        }
        Ok(views)
    }
}

fn judged(
    configured: &Configured,
    provider: &RegisteredProvider,
    key: ModelKey<'_>,
    schema: Arc<AiModel>,
    fetch_from: FetchFrom,
    status: ModelStatus,
) -> ModelView {
    let setting = configured.setting(provider.id(), key);
    let switched_off = setting.is_some_and(|s| !s.enabled);
    ModelView {
        schema,
        fetch_from,
        status: if switched_off { ModelStatus::Disabled } else { status },
        load_balancing: setting.is_some_and(|s| s.load_balancing_enabled),
    }
}

fn view(configured: &Configured, provider: &Arc<RegisteredProvider>) -> ProviderView {
    let id = provider.id();
    let free = !provider.needs_credentials();
    let custom = CustomConfiguration {
        active: free || configured.has_anything(id),
        current: configured.active_credential(id).map(|c| named(c.id, &c.credential_name)),
        available: configured.credentials(id).map(|c| named(c.id, &c.credential_name)).collect(),
        models: custom_models(configured, provider),
    };
    let preferred = configured.preferred(id).unwrap_or(ProviderType::Custom);
    ProviderView { provider: Arc::clone(provider), preferred, custom }
}

pub(super) fn named(id: CredentialId, name: &str) -> NamedCredential {
    NamedCredential { id, name: name.to_owned() }
}

fn custom_models(configured: &Configured, provider: &RegisteredProvider) -> Vec<CustomModel> {
    let id = provider.id();
    let mut found: Vec<CustomModel> = Vec::new();
    for row in configured.models(id) {
        let Some(ty) = ModelType::from_any(&row.model_type) else { continue };
        let key = ModelKey { name: &row.model_name, ty };
        let current = configured.active_model_credential(id, key);
        found.push(CustomModel {
            model: row.model_name.clone(),
            model_type: ty,
            current: current.map(|c| named(c.id, &c.credential_name)),
            available: available(configured, provider, key),
            unadded: false,
        });
    }
    for row in configured.model_credentials(id) {
        let Some(ty) = ModelType::from_any(&row.model_type) else { continue };
        if found.iter().any(|m| m.model == row.model_name && m.model_type == ty) {
            continue;
        }
        let key = ModelKey { name: &row.model_name, ty };
        found.push(CustomModel {
            model: row.model_name.clone(),
            model_type: ty,
            current: None,
            available: available(configured, provider, key),
            unadded: true,
        });
    }
    found
}

pub(super) fn available(
    configured: &Configured,
    provider: &RegisteredProvider,
    key: ModelKey<'_>,
) -> Vec<NamedCredential> {
    configured.credentials_of_model(provider.id(), key).map(|c| named(c.id, &c.credential_name)).collect()
}
