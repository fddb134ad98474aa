//! Cohere: chat through its OpenAI-compatible address, embeddings and reranking through its own API (version 2).

mod catalogue;
mod client;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::capability::{ChatModel, EmbeddingInput, ModelProvider, Rerank, TextEmbedding};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::providers::openai_dialect::{DialectChat, Endpoint, ping};
use crate::registry::Builtin;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ModelProperties, ParameterRule, Template};
use crate::transport::Upstream;

const DEFAULT_BASE: &str = "https://api.cohere.com";
const DEFAULT_CONTEXT: u32 = 4096;
/// Texts per request; the API takes no more.
const MAX_CHUNKS: u32 = 96;

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "cohere",
        entity: include_str!("cohere/provider.yaml"),
        models: catalogue::MODELS,
        icon: include_str!("cohere/icon.svg"),
        adapter: Arc::new(Cohere),
    }
}

struct Cohere;

/// Without a version, which addresses of older configurations have at their end.
fn base(credentials: &Credentials) -> &str {
    let base = credentials.get("base_url").unwrap_or(DEFAULT_BASE).trim().trim_end_matches('/');
    let base = base.strip_suffix("/v1").or_else(|| base.strip_suffix("/v2")).unwrap_or(base);
    if base.is_empty() { DEFAULT_BASE } else { base }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every dialect's locator")]
fn locate(_upstream: &Upstream, model: &ModelRef) -> Result<Endpoint, InvokeError> {
    let base = format!("{}/compatibility/v1", base(&model.credentials));
    Ok(Endpoint::new(&base, model.credentials.get("api_key"), &model.model))
}

#[async_trait]
impl ModelProvider for Cohere {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(DialectChat(locate)))
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(client::Api))
    }

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
        Some(Arc::new(client::Api))
    }

    fn custom_model(&self, ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
        let context = json!(credentials.number("context_size").unwrap_or(DEFAULT_CONTEXT));
        let (features, model_properties, parameter_rules): (_, ModelProperties, _) = match ty {
            ModelType::Llm => (
                vec![Feature::MultiToolCall, Feature::AgentThought, Feature::StreamToolCall],
                [("mode", json!("chat")), ("context_size", context)].into(),
                chat_rules(),
            ),
            ModelType::TextEmbedding => {
                (Vec::new(), [("context_size", context), ("max_chunks", json!(MAX_CHUNKS))].into(), Vec::new())
            }
            ModelType::Rerank => (Vec::new(), [("context_size", context)].into(), Vec::new()),
            ModelType::Speech2text | ModelType::Moderation | ModelType::Tts => return None,
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
        client::list_models(upstream, &model.credentials).await
    }

    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        match ty {
            ModelType::Llm => ping(upstream, &locate(upstream, &model)?).await,
            ModelType::TextEmbedding => {
                let texts = ["ping".to_owned()];
                client::Api.embed(upstream, &model, &texts, EmbeddingInput::Document).await.map(drop)
            }
            ModelType::Rerank => {
                let documents = ["ping".to_owned(), "pong".to_owned()];
                client::Api.rerank(upstream, &model, "ping", &documents, None).await.map(drop)
            }
            ModelType::Speech2text | ModelType::Moderation | ModelType::Tts => {
                Err(upstream.bad_request(format!("models of type {ty} are not supported")))
            }
        }
    }
}

fn chat_rules() -> Vec<ParameterRule> {
    let template = ParameterRule::from_template;
    vec![
        template("temperature", Template::Temperature).with_range(json!(0.3), 0, 1),
        template("top_p", Template::TopP).with_range(json!(0.75), 0, 1),
        template("presence_penalty", Template::PresencePenalty),
        template("frequency_penalty", Template::FrequencyPenalty),
        template("max_tokens", Template::MaxTokens).with_range(json!(1024), 1, 4096),
        template("response_format", Template::ResponseFormat).with_options(&["text", "json_object", "json_schema"]),
        template("json_schema", Template::JsonSchema),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_lose_their_version() {
        let check = |entered: &str, expected: &str| {
            let map = serde_json::Map::from_iter([("base_url".to_owned(), serde_json::Value::from(entered))]);
            assert_eq!(base(&Credentials::from_json_map(map)), expected);
        };
        check("", "https://api.cohere.com");
        check("http://x.test/", "http://x.test");
        check("http://x.test/v1", "http://x.test");
        check(" http://x.test/v2/ ", "http://x.test");
    }
}
