//! Anthropic.

mod catalogue;
mod client;
mod decode;
mod map;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::capability::{ChatModel, ModelProvider};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::registry::Builtin;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ParameterRule, Template};
use crate::transport::Upstream;

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "anthropic",
        entity: include_str!("anthropic/provider.yaml"),
        models: catalogue::MODELS,
        icon: include_str!("anthropic/icon.svg"),
        adapter: Arc::new(Anthropic),
    }
}

struct Anthropic;

#[async_trait]
impl ModelProvider for Anthropic {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(client::Messages))
    }

    /// Newer models look like the current generation.
    fn custom_model(&self, ty: ModelType, model: &str, _credentials: &Credentials) -> Option<AiModel> {
        if ty != ModelType::Llm {
            return None;
        }
        let properties = [("mode", json!("chat")), ("context_size", json!(200_000))];
        let mut length =
            ParameterRule::from_template("max_tokens", Template::MaxTokens).with_range(json!(4096), 1, 64_000);
        length.required = true;
        Some(AiModel {
            model: model.to_owned(),
            label: I18n::new(model),
            model_type: ty,
            features: vec![
                Feature::AgentThought,
                Feature::Vision,
                Feature::ToolCall,
                Feature::StreamToolCall,
                Feature::Document,
            ],
            fetch_from: FetchFrom::CustomizableModel,
            model_properties: properties.into(),
            deprecated: false,
            parameter_rules: vec![
                ParameterRule::from_template("temperature", Template::Temperature),
                ParameterRule::from_template("top_p", Template::TopP),
                length,
                ParameterRule::from_template("response_format", Template::ResponseFormat),
            ],
            pricing: None,
        })
    }

    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError> {
        client::list_models(upstream, &model.credentials).await
    }

    async fn check_model(&self, upstream: &Upstream, _ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        client::ping(upstream, &model).await
    }
}
