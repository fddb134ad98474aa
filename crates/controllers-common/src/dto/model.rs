//! Providers and models as lists show them.

use core_model_runtime::{Feature, FetchFrom, I18n, ModelProperties, ModelType, ProviderEntity};
use models::TenantId;
use serde::Serialize;
use services::providers::{ModelView, Providers};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::links::Links;

/// Links to a provider's icon by language.
#[derive(Debug, Serialize, ToSchema)]
pub struct IconUrls {
    #[serde(rename = "en_US")]
    en_us: String,
    #[serde(rename = "zh_Hans")]
    zh_hans: String,
}

/// What every mention of a provider shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderHead {
    tenant_id: String,
    provider: String,
    #[schema(value_type = Object)]
    label: I18n,
    icon_small: Option<IconUrls>,
    icon_small_dark: Option<IconUrls>,
}

impl ProviderHead {
    pub fn new(entity: &ProviderEntity, tenant: TenantId, links: &Links) -> Self {
        let url = |kind: &str, language: &str| {
            let base = links.console_api();
            let provider = &entity.provider;
            format!("{base}/console/api/workspaces/{tenant}/model-providers/{provider}/{kind}/{language}")
        };
        let urls = |kind: &str| IconUrls { en_us: url(kind, "en_US"), zh_hans: url(kind, "zh_Hans") };
        Self {
            tenant_id: tenant.to_string(),
            provider: entity.provider.to_string(),
            label: entity.label.clone(),
            icon_small: Some(urls("icon_small")),
            icon_small_dark: entity.icon_small_dark.is_some().then(|| urls("icon_small_dark")),
        }
    }
}

/// A model in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelDto {
    model: String,
    #[schema(value_type = Object)]
    label: I18n,
    #[schema(value_type = String)]
    model_type: ModelType,
    #[schema(value_type = Vec<String>)]
    features: Vec<Feature>,
    #[schema(value_type = String)]
    fetch_from: FetchFrom,
    #[schema(value_type = Object)]
    model_properties: ModelProperties,
    deprecated: bool,
    status: &'static str,
    load_balancing_enabled: bool,
    has_invalid_load_balancing_configs: bool,
}

impl From<ModelView> for ModelDto {
    fn from(view: ModelView) -> Self {
        let schema = view.schema;
        Self {
            model: schema.model.clone(),
            label: schema.label.clone(),
            model_type: schema.model_type,
            features: schema.features.clone(),
            fetch_from: view.fetch_from,
            model_properties: schema.model_properties.clone(),
            deprecated: schema.deprecated,
            status: view.status.as_str(),
            load_balancing_enabled: view.load_balancing,
            has_invalid_load_balancing_configs: false,
        }
    }
}

/// A provider with its usable models of one type.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsableModels {
    #[serde(flatten)]
    provider: ProviderHead,
    /// `active`.
    status: &'static str,
    models: Vec<ModelDto>,
}

impl UsableModels {
    /// The workspace's usable models of a type, by provider.
    ///
    /// # Errors
    /// `invalid_param` for what is no type of models.
    pub async fn of(providers: &Providers, tenant: TenantId, ty: &str, links: &Links) -> Result<Vec<Self>, ApiError> {
        let found = providers.active_models(tenant, model_type(ty)?).await?;
        let usable = found.into_iter().map(|(provider, models)| Self {
            provider: ProviderHead::new(provider.entity(), tenant, links),
            status: "active",
            models: models.into_iter().map(ModelDto::from).collect(),
        });
        Ok(usable.collect())
    }
}

/// # Errors
/// `invalid_param` for what is no type of models.
pub fn model_type(text: &str) -> Result<ModelType, ApiError> {
    ModelType::from_any(text)
        .ok_or_else(|| ApiError::invalid_field("model_type", format!("{text} is not a valid model type")))
}
