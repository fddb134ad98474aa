//! What a provider can do, one object-safe trait per capability.
//!
//! Implementations translate and send; prices, retries, outages, reasoning tags and tool-call merging are the
//! runtime's business and the same for all of them.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::chat::{ChatRequest, FinishReason, ModelRef};
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::schema::AiModel;
use crate::transport::Upstream;
use crate::usage::TokenCount;

/// What one upstream event adds to a reply.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta {
    pub text: String,
    pub reasoning: String,
    pub tool_calls: Vec<ToolCallPart>,
    pub finish: Option<FinishReason>,
    pub tokens: Option<TokenCount>,
}

/// A piece of a tool call; which call it belongs to is told by index, by id or by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCallPart {
    pub index: Option<u32>,
    pub id: String,
    pub name: String,
    pub arguments: String,
}

pub type DeltaStream = BoxStream<'static, Result<Delta, InvokeError>>;

/// A call that is ready to be sent: parameters are filtered, the prompt is final.
#[derive(Debug)]
pub struct ChatCall {
    pub model: ModelRef,
    pub schema: Arc<AiModel>,
    pub request: ChatRequest,
}

#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Resolves when the provider has accepted the request; dropping the stream cancels it upstream.
    async fn stream(&self, upstream: &Upstream, call: &ChatCall) -> Result<DeltaStream, InvokeError>;

    /// The whole reply in one piece, without streaming upstream.
    async fn complete(&self, upstream: &Upstream, call: &ChatCall) -> Result<Delta, InvokeError>;
}

/// What an embedding is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbeddingInput {
    Document,
    Query,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One vector per text, in the order of the texts.
    pub vectors: Vec<Vec<f32>>,
    /// `None` when the upstream did not count.
    pub tokens: Option<u32>,
}

/// What all models take that take pictures.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// A picture that is to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    mime_type: &'static str,
    bytes: Bytes,
}

impl Picture {
    /// `None` for a file of a kind that models do not take.
    pub fn of(mime_type: Option<&str>, bytes: Bytes) -> Option<Self> {
        let mime_type =
            *PICTURES.iter().find(|known| mime_type.is_some_and(|mime| mime.eq_ignore_ascii_case(known)))?;
        Some(Self { mime_type, bytes })
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    pub(crate) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.mime_type, self.base64())
    }
}

#[async_trait]
pub trait TextEmbedding: Send + Sync {
    /// One upstream request; the runtime splits longer lists.
    async fn embed(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        texts: &[String],
        input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError>;

    /// The vector of a picture, in the space of the texts. One upstream request. Only asked of models with the feature
    /// `vision`.
    async fn embed_picture(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        _picture: &Picture,
        _input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        Err(upstream.bad_request(format!("{} takes no pictures", model.model)))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RerankedDocument {
    /// Position in the input.
    pub index: usize,
    pub text: String,
    pub score: f64,
}

#[async_trait]
pub trait Rerank: Send + Sync {
    /// Best first, scores from 0 to 1; the runtime cuts what is more than `top_n`.
    async fn rerank(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        query: &str,
        documents: &[String],
        top_n: Option<usize>,
    ) -> Result<Vec<RerankedDocument>, InvokeError>;
}

#[async_trait]
pub trait Moderation: Send + Sync {
    /// True when any of the texts is objectionable.
    async fn flagged(&self, upstream: &Upstream, model: &ModelRef, texts: &[String]) -> Result<bool, InvokeError>;
}

/// A recording to be transcribed.
#[derive(Debug, Clone)]
pub struct Recording {
    pub bytes: Bytes,
    pub filename: String,
    pub mime_type: String,
}

#[async_trait]
pub trait SpeechToText: Send + Sync {
    async fn transcribe(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        recording: Recording,
    ) -> Result<String, InvokeError>;
}

pub type AudioStream = BoxStream<'static, Result<Bytes, InvokeError>>;

#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// One upstream request for one piece of text.
    async fn speak(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        text: &str,
        voice: &str,
    ) -> Result<AudioStream, InvokeError>;
}

/// A provider: its capabilities and what it knows about models and credentials.
#[async_trait]
pub trait ModelProvider: Send + Sync {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        None
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        None
    }

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
        None
    }

    fn moderation(&self) -> Option<Arc<dyn Moderation>> {
        None
    }

    fn speech_to_text(&self) -> Option<Arc<dyn SpeechToText>> {
        None
    }

    fn text_to_speech(&self) -> Option<Arc<dyn TextToSpeech>> {
        None
    }

    /// Describes a model that is not in the catalogue, from its credentials.
    fn custom_model(&self, ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel>;

    /// Makes a real call to find out whether provider-wide credentials work.
    async fn check_provider(&self, upstream: &Upstream, model: ModelRef) -> Result<(), InvokeError>;

    /// Makes a real call to find out whether a model can be used.
    async fn check_model(&self, upstream: &Upstream, ty: ModelType, model: ModelRef) -> Result<(), InvokeError>;
}
