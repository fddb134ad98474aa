//! Ollama: its own protocol, newline-delimited JSON; everything about its models comes from the credentials.

mod client;
mod decode;
mod map;
mod schema;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;

use crate::capability::{ChatModel, EmbeddingInput, ModelProvider, Rerank, TextEmbedding};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::registry::Builtin;
use crate::schema::AiModel;
use crate::transport::Upstream;

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "ollama",
        entity: include_str!("ollama/provider.yaml"),
        models: &[],
        icon: include_str!("ollama/icon.svg"),
        adapter: Arc::new(Ollama),
    }
}

struct Ollama;

#[async_trait]
impl ModelProvider for Ollama {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(client::Api))
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(client::Api))
    }

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
        Some(Arc::new(client::Api))
    }

    fn custom_model(&self, ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
        schema::from_credentials(ty, model, credentials)
    }

    /// The form has no provider-wide part, so this is never asked; a listing is the honest answer.
    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError> {
        client::list_models(upstream, &model.credentials).await
    }

    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        match ty {
            ModelType::Llm => client::ping(upstream, &model).await,
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
