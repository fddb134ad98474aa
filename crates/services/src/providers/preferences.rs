//! Default models, switched-off models, and whose credentials pay.

use std::sync::Arc;

use chrono::Utc;
use core_model_runtime::{ModelType, ProviderId, RegisteredProvider};
use models::TenantId;
use models::db::{AsyncConnection, AsyncPgConnection};
use models::provider::ProviderType;
use models::provider_model_setting::ProviderModelSetting;
use models::provider_preference::{DefaultModel, PreferredProvider};
use uuid::Uuid;

use super::configured::ModelKey;
use super::error::ProviderError;
use super::{ModelStatus, Providers, names};

/// Taken as the default when nothing was chosen and it is there.
const FAVOURITE: &str = "gpt-4";

/// The default model of a type.
#[derive(Clone)]
pub struct ChosenModel {
    pub provider: Arc<RegisteredProvider>,
    pub model: String,
    pub model_type: ModelType,
}

/// One line of the form of defaults.
#[derive(Debug, Clone)]
pub struct DefaultChoice<'a> {
    pub model_type: ModelType,
    pub provider: &'a str,
    pub model: &'a str,
}

impl Providers {
    /// The default model of a type: the stored one, else the first that is active, which is stored unless it needs no
    /// credentials (a real one, configured later, then takes its place).
    pub async fn default_model(&self, tenant: TenantId, ty: ModelType) -> Result<Option<ChosenModel>, ProviderError> {
        let configured = self.resolver.configured(tenant).await?;
        if let Some(stored) = configured.default_model(ty)
            && let Ok(provider) = self.named(&stored.provider_name)
        {
            let model = stored.model_name.clone();
            return Ok(Some(ChosenModel { provider: Arc::clone(provider), model, model_type: ty }));
        }
        let mut active = self.active_models(tenant, ty).await?;
        // What needs no credentials comes last.
        active.sort_by_key(|(provider, _)| !provider.needs_credentials());
        let candidates = || {
            active.iter().flat_map(|(provider, models)| models.iter().map(move |m| (provider, m.schema.model.as_str())))
        };
        let favourite = candidates().find(|(_, name)| *name == FAVOURITE);
        let Some((provider, model)) = favourite.or_else(|| candidates().next()) else { return Ok(None) };
        let chosen = ChosenModel { provider: Arc::clone(provider), model: model.to_owned(), model_type: ty };
        if provider.needs_credentials() {
            self.store_default(tenant, &chosen).await?;
        }
        Ok(Some(chosen))
    }

    /// Chooses defaults; each must be active.
    pub async fn set_defaults(&self, tenant: TenantId, choices: &[DefaultChoice<'_>]) -> Result<(), ProviderError> {
        for choice in choices {
            let provider = self.named(choice.provider)?;
            let configured = self.resolver.configured(tenant).await?;
            let models = self.models_of(tenant, &configured, provider, Some(choice.model_type)).await?;
            let usable = models.iter().any(|m| m.schema.model == choice.model && m.status == ModelStatus::Active);
            if !usable {
                return Err(ProviderError::NotActive {
                    provider: provider.id().to_string(),
                    model: choice.model.to_owned(),
                });
            }
            let chosen = ChosenModel {
                provider: Arc::clone(provider),
                model: choice.model.to_owned(),
                model_type: choice.model_type,
            };
            self.store_default(tenant, &chosen).await?;
        }
        Ok(())
    }

    async fn store_default(&self, tenant: TenantId, chosen: &ChosenModel) -> Result<(), ProviderError> {
        let now = Utc::now().naive_utc();
        let row = DefaultModel {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            provider_name: chosen.provider.id().to_string(),
            model_name: chosen.model.clone(),
            model_type: chosen.model_type.storage_alias().to_owned(),
            created_at: now,
            updated_at: now,
        };
        let spellings = [chosen.model_type.storage_alias(), chosen.model_type.as_str()];
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| DefaultModel::replace(conn, &row, &spellings).await).await?;
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    /// Switches a model on or off.
    pub async fn set_enabled(
        &self,
        tenant: TenantId,
        provider: &str,
        key: ModelKey<'_>,
        enabled: bool,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        match configured.setting(provider.id(), key) {
            Some(row) => ProviderModelSetting::set_enabled(&mut conn, tenant, row.id, enabled, now).await?,
            None => {
                let row = ProviderModelSetting {
                    id: Uuid::new_v4(),
                    tenant_id: tenant,
                    provider_name: provider.id().to_string(),
                    model_name: key.name.to_owned(),
                    model_type: key.ty.storage_alias().to_owned(),
                    enabled,
                    load_balancing_enabled: false,
                    created_at: now,
                    updated_at: now,
                };
                ProviderModelSetting::insert(&mut conn, &row).await?;
            }
        }
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    /// Chooses whose credentials pay for a provider. This edition has none of its own: asking for those changes nothing,
    /// as in Dify.
    pub async fn set_preferred(
        &self,
        tenant: TenantId,
        provider: &str,
        preferred: ProviderType,
    ) -> Result<(), ProviderError> {
        let provider = self.named(provider)?;
        if preferred == ProviderType::System {
            return Ok(());
        }
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| self.prefer(conn, tenant, provider.id(), preferred).await).await?;
        drop(conn);
        self.changed(tenant).await;
        Ok(())
    }

    pub(super) async fn prefer(
        &self,
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        provider: &ProviderId,
        preferred: ProviderType,
    ) -> Result<(), ProviderError> {
        let now = Utc::now().naive_utc();
        let row = PreferredProvider {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            provider_name: provider.to_string(),
            preferred_provider_type: preferred,
            created_at: now,
            updated_at: now,
        };
        Ok(PreferredProvider::replace(conn, &row, &names(provider)).await?)
    }

    /// The rules of a model's parameters; none for a model that is not known or has no credentials.
    pub async fn parameter_rules(
        &self,
        tenant: TenantId,
        provider: &str,
        model: &str,
    ) -> Result<Option<Arc<core_model_runtime::AiModel>>, ProviderError> {
        let provider = self.named(provider)?;
        let configured = self.resolver.configured(tenant).await?;
        let key = ModelKey { name: model, ty: ModelType::Llm };
        let credentials = self.resolver.credentials_for(tenant, &configured, provider, key).await?;
        let Some(credentials) = credentials else { return Ok(None) };
        Ok(self.runtime.model_schema(provider.id(), ModelType::Llm, model, &credentials))
    }
}
