//! Jina AI: the OpenAI dialect, but its embedding models are told whether they read a document or a query.

mod catalogue;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::capability::{EmbeddingInput, ModelProvider, Rerank, TextEmbedding};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::providers::openai_dialect::{DialectEmbedding, DialectRerank, EmbeddingTasks, Endpoint};
use crate::registry::Builtin;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ModelProperties};
use crate::transport::Upstream;

const DEFAULT_BASE: &str = "https://api.jina.ai/v1";
const DEFAULT_CONTEXT: u32 = 8192;
const DEFAULT_CHUNKS: u32 = 32;
/// Answers to every valid key, and costs a token or two.
const PROBE_MODEL: &str = "jina-embeddings-v3";

const RETRIEVAL: EmbeddingTasks = EmbeddingTasks { document: "retrieval.passage", query: "retrieval.query" };
const CODE: EmbeddingTasks = EmbeddingTasks { document: "nl2code.passage", query: "nl2code.query" };

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "jina",
        entity: include_str!("jina/provider.yaml"),
        models: catalogue::MODELS,
        icon: include_str!("jina/icon.svg"),
        adapter: Arc::new(Jina),
    }
}

struct Jina;

#[expect(clippy::unnecessary_wraps, reason = "the shape of every dialect's locator")]
fn locate(_upstream: &Upstream, model: &ModelRef) -> Result<Endpoint, InvokeError> {
    Ok(endpoint(&model.credentials, &model.model))
}

fn endpoint(credentials: &Credentials, model: &str) -> Endpoint {
    let base = match credentials.get("base_url").map(|base| base.trim().trim_end_matches('/')) {
        None | Some("") => DEFAULT_BASE.to_owned(),
        Some(base) if base.ends_with("/v1") => base.to_owned(),
        Some(base) => format!("{base}/v1"),
    };
    let mut endpoint = Endpoint::new(&base, credentials.get("api_key"), model);
    endpoint.embedding_tasks = tasks(model);
    endpoint
}

fn takes_pictures(ty: ModelType, model: &str) -> bool {
    ty == ModelType::TextEmbedding && (model.starts_with("jina-clip-") || model.starts_with("jina-embeddings-v4"))
}

/// Older models know no tasks.
fn tasks(model: &str) -> Option<EmbeddingTasks> {
    let is = |family: &str| model.starts_with(family);
    if is("jina-code-embeddings") {
        Some(CODE)
    } else if is("jina-embeddings-") && !is("jina-embeddings-v1") && !is("jina-embeddings-v2") {
        Some(RETRIEVAL)
    } else {
        None
    }
}

async fn probe(upstream: &Upstream, model: &ModelRef) -> Result<(), InvokeError> {
    let texts = ["ping".to_owned()];
    DialectEmbedding(locate).embed(upstream, model, &texts, EmbeddingInput::Document).await.map(drop)
}

#[async_trait]
impl ModelProvider for Jina {
    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(DialectEmbedding(locate)))
    }

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
        Some(Arc::new(DialectRerank(locate)))
    }

    fn custom_model(&self, ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
        let context = credentials.number("context_size").unwrap_or(DEFAULT_CONTEXT);
        let model_properties: ModelProperties = match ty {
            ModelType::TextEmbedding => {
                [("context_size", json!(context)), ("max_chunks", json!(DEFAULT_CHUNKS))].into()
            }
            ModelType::Rerank => [("context_size", json!(context))].into(),
            ModelType::Llm | ModelType::Speech2text | ModelType::Moderation | ModelType::Tts => return None,
        };
        Some(AiModel {
            model: model.to_owned(),
            label: I18n::new(model),
            model_type: ty,
            features: if takes_pictures(ty, model) { vec![Feature::Vision] } else { Vec::new() },
            fetch_from: FetchFrom::CustomizableModel,
            model_properties,
            deprecated: false,
            parameter_rules: Vec::new(),
            pricing: None,
        })
    }

    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError> {
        probe(upstream, &ModelRef { model: PROBE_MODEL.to_owned(), ..model }).await
    }

    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        if ty != ModelType::Rerank {
            return probe(upstream, &model).await;
        }
        let documents = ["ping".to_owned(), "pong".to_owned()];
        DialectRerank(locate).rerank(upstream, &model, "ping", &documents, None).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_follow_the_generation() {
        assert_eq!(tasks("jina-embeddings-v3"), Some(RETRIEVAL));
        assert_eq!(tasks("jina-embeddings-v4"), Some(RETRIEVAL));
        assert_eq!(tasks("jina-code-embeddings-0.5b"), Some(CODE));
        assert_eq!(tasks("jina-embeddings-v2-base-en"), None);
        assert_eq!(tasks("jina-clip-v2"), None);
    }
}
