//! Providers.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::id::ProviderId;
use crate::model_type::ModelType;
use crate::schema::{AiModel, CredentialSchema, FetchFrom, I18n, ModelCredentialSchema};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    pub title: I18n,
    pub url: I18n,
}

/// A provider with everything a client needs to show and configure it. The icon fields hold file names; the API
/// layer turns them into URLs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProviderEntity {
    pub provider: ProviderId,
    pub label: I18n,
    #[serde(default)]
    pub description: Option<I18n>,
    #[serde(default)]
    pub icon_small: Option<I18n>,
    #[serde(default)]
    pub icon_small_dark: Option<I18n>,
    #[serde(default)]
    pub background: Option<String>,
    #[serde(default)]
    pub help: Option<Help>,
    pub supported_model_types: Vec<ModelType>,
    pub configurate_methods: Vec<FetchFrom>,
    #[serde(default)]
    pub models: Vec<Arc<AiModel>>,
    #[serde(default)]
    pub provider_credential_schema: Option<CredentialSchema>,
    #[serde(default)]
    pub model_credential_schema: Option<ModelCredentialSchema>,
    /// Model names in display order, per model type.
    #[serde(default)]
    pub position: IndexMap<ModelType, Vec<String>>,
}
