//! Any server that speaks the OpenAI dialect; everything about its models comes from the credentials.

mod schema;

use std::sync::Arc;

use async_trait::async_trait;

use crate::capability::{ChatModel, EmbeddingInput, ModelProvider, Rerank, SpeechToText, TextEmbedding, TextToSpeech};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::providers::openai_dialect::{
    DialectChat, DialectEmbedding, DialectRerank, DialectSpeechToText, DialectTextToSpeech, Endpoint, LengthLimit,
    ToolStyle, VectorEncoding, list_models, ping,
};
use crate::registry::Builtin;
use crate::schema::{AiModel, ModelMode};
use crate::transport::{Framing, Upstream};

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "openai_api_compatible",
        entity: include_str!("openai_api_compatible/provider.yaml"),
        models: &[],
        icon: include_str!("openai_api_compatible/icon.svg"),
        adapter: Arc::new(Compatible),
    }
}

struct Compatible;

fn locate(upstream: &Upstream, model: &ModelRef) -> Result<Endpoint, InvokeError> {
    let credentials = &model.credentials;
    let base =
        credentials.get("endpoint_url").ok_or_else(|| upstream.bad_request("the credentials name no endpoint URL"))?;
    let name = credentials.get("endpoint_model_name").unwrap_or(&model.model);
    let is = |variable: &str, value: &str| credentials.get(variable) == Some(value);
    let mut endpoint = Endpoint::new(base, credentials.get("api_key"), name);
    if is("mode", "completion") {
        endpoint.mode = ModelMode::Completion;
    }
    endpoint.tools = match credentials.get("function_calling_type") {
        Some("tool_call") => ToolStyle::Tools,
        Some("function_call") => ToolStyle::Functions,
        Some(_) | None => ToolStyle::None,
    };
    if is("token_param_name", "max_completion_tokens") {
        endpoint.length_limit = LengthLimit::MaxCompletionTokens;
    }
    endpoint.stream_usage = !is("stream_include_usage", "not_supported");
    // Both spellings: the form sends the escape sequence as typed.
    if is("stream_mode_delimiter", "\\n") || is("stream_mode_delimiter", "\n") {
        endpoint.framing = Framing::EveryLine;
    }
    let owned = |variable: &str| credentials.get(variable).map(str::to_owned);
    if is("encoding_format", "base64") {
        endpoint.vector_encoding = VectorEncoding::Base64;
    }
    endpoint.rerank_url = owned("rerank_endpoint_url");
    endpoint.language = owned("language");
    endpoint.initial_prompt = owned("initial_prompt");
    Ok(endpoint)
}

#[async_trait]
impl ModelProvider for Compatible {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(DialectChat(locate)))
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(DialectEmbedding(locate)))
    }

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
        Some(Arc::new(DialectRerank(locate)))
    }

    fn speech_to_text(&self) -> Option<Arc<dyn SpeechToText>> {
        Some(Arc::new(DialectSpeechToText(locate)))
    }

    fn text_to_speech(&self) -> Option<Arc<dyn TextToSpeech>> {
        Some(Arc::new(DialectTextToSpeech(locate)))
    }

    fn custom_model(&self, ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
        schema::from_credentials(ty, model, credentials)
    }

    /// The form has no provider-wide part, so this is never asked; a listing is the honest answer.
    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError> {
        list_models(upstream, &locate(upstream, &model)?).await
    }

    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError> {
        match ty {
            ModelType::Llm => ping(upstream, &locate(upstream, &model)?).await,
            ModelType::TextEmbedding => {
                let texts = ["ping".to_owned()];
                DialectEmbedding(locate).embed(upstream, &model, &texts, EmbeddingInput::Document).await.map(drop)
            }
            ModelType::Rerank => {
                let documents = ["ping".to_owned(), "pong".to_owned()];
                DialectRerank(locate).rerank(upstream, &model, "ping", &documents, None).await.map(drop)
            }
            // A real call would need a recording, or cost a spoken text.
            ModelType::Speech2text | ModelType::Tts => list_models(upstream, &locate(upstream, &model)?).await,
            ModelType::Moderation => Err(upstream.bad_request("moderation is not supported")),
        }
    }
}
