//! OpenAI.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::capability::{ChatModel, ModelProvider, Moderation, SpeechToText, TextEmbedding, TextToSpeech};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::providers::openai_dialect::{
    DialectChat, DialectEmbedding, DialectModeration, DialectSpeechToText, DialectTextToSpeech, Endpoint, LengthLimit,
    list_models, ping,
};
use crate::registry::Builtin;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ModelMode, ModelProperties, ParameterRule, Template};
use crate::transport::Upstream;

mod catalogue;

const DEFAULT_BASE: &str = "https://api.openai.com/v1";

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "openai",
        entity: include_str!("openai/provider.yaml"),
        models: catalogue::MODELS,
        icon: include_str!("openai/icon.svg"),
        adapter: Arc::new(OpenAi),
    }
}

struct OpenAi;

fn locate(_upstream: &Upstream, model: &ModelRef) -> Result<Endpoint, InvokeError> {
    Ok(endpoint(&model.credentials, &model.model))
}

fn endpoint(credentials: &Credentials, model: &str) -> Endpoint {
    let base = match credentials.get("openai_api_base").map(|base| base.trim().trim_end_matches('/')) {
        None | Some("") => DEFAULT_BASE.to_owned(),
        Some(base) if base.ends_with("/v1") => base.to_owned(),
        Some(base) => format!("{base}/v1"),
    };
    let mut endpoint = Endpoint::new(&base, credentials.get("openai_api_key"), model);
    endpoint.organization = credentials.get("openai_organization").map(str::to_owned);
    if is_reasoning(model) {
        endpoint.length_limit = LengthLimit::MaxCompletionTokens;
        endpoint.stop_words = false;
    }
    endpoint
}

/// The families that think before they answer name the length limit differently and know no stop words.
fn is_reasoning(model: &str) -> bool {
    let model = model.strip_prefix("ft:").unwrap_or(model);
    ["o1", "o3", "o4", "gpt-5", "gpt-6"].iter().any(|family| model.starts_with(family)) && !model.contains("-chat")
}

#[async_trait]
impl ModelProvider for OpenAi {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(DialectChat(locate)))
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(DialectEmbedding(locate)))
    }

    fn moderation(&self) -> Option<Arc<dyn Moderation>> {
        Some(Arc::new(DialectModeration(locate)))
    }

    fn speech_to_text(&self) -> Option<Arc<dyn SpeechToText>> {
        Some(Arc::new(DialectSpeechToText(locate)))
    }

    fn text_to_speech(&self) -> Option<Arc<dyn TextToSpeech>> {
        Some(Arc::new(DialectTextToSpeech(locate)))
    }

    /// Fine-tuned and newer models look like the current generation.
    fn custom_model(&self, ty: ModelType, model: &str, _credentials: &Credentials) -> Option<AiModel> {
        let (features, model_properties, parameter_rules): (_, ModelProperties, _) = match ty {
            ModelType::Llm => (
                vec![Feature::MultiToolCall, Feature::AgentThought, Feature::StreamToolCall, Feature::Vision],
                [("mode", json!("chat")), ("context_size", json!(128_000))].into(),
                chat_rules(model),
            ),
            ModelType::TextEmbedding => {
                (Vec::new(), [("context_size", json!(8191)), ("max_chunks", json!(32))].into(), Vec::new())
            }
            ModelType::Moderation => (Vec::new(), ModelProperties::default(), Vec::new()),
            ModelType::Speech2text => (Vec::new(), [("file_upload_limit", json!(25))].into(), Vec::new()),
            ModelType::Tts => (
                Vec::new(),
                [("default_voice", json!("alloy")), ("word_limit", json!(3500)), ("audio_type", json!("mp3"))].into(),
                Vec::new(),
            ),
            ModelType::Rerank => return None,
        };
        Some(AiModel {
            model: model.to_owned(),
            label: I18n::new(model),
            model_type: ty,
            features,
            fetch_from: FetchFrom::CustomizableModel,
            model_properties,
            deprecated: false,
            parameter_rules,
            pricing: None,
        })
    }

    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError> {
        match model.credentials.get("validate_model") {
            Some(name) => ping(upstream, &endpoint(&model.credentials, name)).await,
            None => list_models(upstream, &endpoint(&model.credentials, "")).await,
        }
    }

    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        let mut endpoint = endpoint(&model.credentials, &model.model);
        match ty {
            ModelType::Llm => {
                if model.model.contains("instruct") {
                    endpoint.mode = ModelMode::Completion;
                }
                ping(upstream, &endpoint).await
            }
            ModelType::TextEmbedding
            | ModelType::Rerank
            | ModelType::Speech2text
            | ModelType::Moderation
            | ModelType::Tts => list_models(upstream, &endpoint).await,
        }
    }
}

fn chat_rules(model: &str) -> Vec<ParameterRule> {
    let length = ParameterRule::from_template("max_tokens", Template::MaxTokens).with_range(json!(4096), 1, 16_384);
    let format = ParameterRule::from_template("response_format", Template::ResponseFormat).with_options(&[
        "text",
        "json_object",
        "json_schema",
    ]);
    let schema = ParameterRule::from_template("json_schema", Template::JsonSchema);
    let mut rules = Vec::new();
    if !is_reasoning(model) {
        rules.extend([
            ParameterRule::from_template("temperature", Template::Temperature).with_range(json!(1.0), 0, 2),
            ParameterRule::from_template("top_p", Template::TopP),
            ParameterRule::from_template("presence_penalty", Template::PresencePenalty).with_range(json!(0), -2, 2),
            ParameterRule::from_template("frequency_penalty", Template::FrequencyPenalty).with_range(json!(0), -2, 2),
        ]);
    }
    rules.extend([length, format, schema]);
    rules
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn check(base: &str, expected: &str) {
        let map = serde_json::Map::from_iter([("openai_api_base".to_owned(), Value::from(base))]);
        assert_eq!(endpoint(&Credentials::from_json_map(map), "m").base, expected);
    }

    #[test]
    fn bases_get_their_version() {
        check("", "https://api.openai.com/v1");
        check("https://x.test", "https://x.test/v1");
        check("https://x.test/v1/", "https://x.test/v1");
    }

    #[test]
    fn reasoning_families_are_known() {
        for model in ["o3", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-6.1-terra", "ft:o4-mini:acme"] {
            assert!(is_reasoning(model), "{model}");
        }
        for model in ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "gpt-3.5-turbo"] {
            assert!(!is_reasoning(model), "{model}");
        }
    }
}
