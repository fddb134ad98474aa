//! Providers and models as the settings page shows them.

use controllers_common::dto::model::ProviderHead;
use controllers_common::links::Links;
use core_model_runtime::{CredentialSchema, FetchFrom, Help, I18n, ModelCredentialSchema, ModelType};
use models::TenantId;
use models::provider::ProviderType;
use serde::Serialize;
use services::providers::{CustomConfiguration, CustomModel, NamedCredential, ProviderView};
use utoipa::ToSchema;

use crate::answers::Nothing;

/// A provider on the settings page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderDto {
    #[serde(flatten)]
    head: ProviderHead,
    #[schema(value_type = Object)]
    description: Option<I18n>,
    background: Option<String>,
    #[schema(value_type = Object)]
    help: Option<Help>,
    #[schema(value_type = Vec<String>)]
    supported_model_types: Vec<ModelType>,
    #[schema(value_type = Vec<String>)]
    configurate_methods: Vec<FetchFrom>,
    #[schema(value_type = Object)]
    provider_credential_schema: Option<CredentialSchema>,
    #[schema(value_type = Object)]
    model_credential_schema: Option<ModelCredentialSchema>,
    #[schema(value_type = String)]
    preferred_provider_type: ProviderType,
    custom_configuration: CustomConfigurationDto,
    system_configuration: SystemConfiguration,
}

impl ProviderDto {
    pub(crate) fn new(view: ProviderView, tenant: TenantId, links: &Links) -> Self {
        let entity = view.provider.entity();
        Self {
            head: ProviderHead::new(entity, tenant, links),
            description: entity.description.clone(),
            background: entity.background.clone(),
            help: entity.help.clone(),
            supported_model_types: entity.supported_model_types.clone(),
            configurate_methods: entity.configurate_methods.clone(),
            provider_credential_schema: entity.provider_credential_schema.clone(),
            model_credential_schema: entity.model_credential_schema.clone(),
            preferred_provider_type: view.preferred,
            custom_configuration: view.custom.into(),
            system_configuration: SystemConfiguration::default(),
        }
    }
}

/// The installation's own credentials: this edition has none.
#[derive(Debug, Default, Serialize, ToSchema)]
struct SystemConfiguration {
    enabled: bool,
    current_quota_type: Option<String>,
    quota_configurations: Vec<Nothing>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialName {
    credential_id: String,
    credential_name: String,
}

impl From<NamedCredential> for CredentialName {
    fn from(named: NamedCredential) -> Self {
        Self { credential_id: named.id.to_string(), credential_name: named.name }
    }
}

pub(crate) fn credential_names(all: Vec<NamedCredential>) -> Vec<CredentialName> {
    all.into_iter().map(CredentialName::from).collect()
}

#[derive(Debug, Serialize, ToSchema)]
struct CustomConfigurationDto {
    /// `active` or `no-configure`.
    status: &'static str,
    current_credential_id: Option<String>,
    current_credential_name: Option<String>,
    available_credentials: Vec<CredentialName>,
    custom_models: Vec<CustomModelDto>,
    can_added_models: Vec<ModelName>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ModelName {
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
}

/// Secrets are not part of lists.
#[derive(Debug, Serialize, ToSchema)]
struct CustomModelDto {
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    current_credential_id: Option<String>,
    current_credential_name: Option<String>,
    available_model_credentials: Vec<CredentialName>,
    unadded_to_model_list: bool,
}

impl From<CustomConfiguration> for CustomConfigurationDto {
    fn from(custom: CustomConfiguration) -> Self {
        let unadded = custom.models.iter().filter(|m| m.unadded);
        let can_added_models =
            unadded.map(|m| ModelName { model: m.model.clone(), model_type: m.model_type }).collect();
        let (id, name) = custom.current.map(|c| (c.id.to_string(), c.name)).unzip();
        Self {
            status: if custom.active { "active" } else { "no-configure" },
            current_credential_id: id,
            current_credential_name: name,
            available_credentials: credential_names(custom.available),
            custom_models: custom.models.into_iter().map(CustomModelDto::from).collect(),
            can_added_models,
        }
    }
}

impl From<CustomModel> for CustomModelDto {
    fn from(model: CustomModel) -> Self {
        let (id, name) = model.current.map(|c| (c.id.to_string(), c.name)).unzip();
        Self {
            model: model.model,
            model_type: model.model_type,
            current_credential_id: id,
            current_credential_name: name,
            available_model_credentials: credential_names(model.available),
            unadded_to_model_list: model.unadded,
        }
    }
}
