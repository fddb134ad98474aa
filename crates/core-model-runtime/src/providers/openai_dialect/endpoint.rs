//! Where requests go and how the server differs from the original.

use egress::RequestBuilder;
use egress::header::HeaderName;

use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::embedding::{EmbeddingTasks, VectorEncoding};
use crate::schema::ModelMode;
use crate::transport::{Framing, Upstream};

/// One model at one server.
pub(crate) struct Endpoint {
    /// Without a trailing slash; paths such as `/chat/completions` are appended.
    pub base: String,
    pub key: Option<String>,
    pub organization: Option<String>,
    /// The model's name on the wire.
    pub model: String,
    pub mode: ModelMode,
    pub tools: ToolStyle,
    pub length_limit: LengthLimit,
    /// Whether to ask for usage at the end of a stream.
    pub stream_usage: bool,
    pub stop_words: bool,
    pub framing: Framing,
    /// Another address for `/rerank`.
    pub rerank_url: Option<String>,
    pub vector_encoding: VectorEncoding,
    /// Only for servers that tell documents from queries.
    pub embedding_tasks: Option<EmbeddingTasks>,
    pub language: Option<String>,
    pub initial_prompt: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolStyle {
    Tools,
    /// The older `functions` and `function_call` fields.
    Functions,
    None,
}

/// The name of the parameter that limits the answer's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthLimit {
    MaxTokens,
    MaxCompletionTokens,
}

impl LengthLimit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// A vendor's way from credentials to an endpoint.
pub(crate) type Locate = fn(&Upstream, &ModelRef) -> Result<Endpoint, InvokeError>;

impl Endpoint {
    /// An endpoint without peculiarities.
    pub(crate) fn new(base: &str, key: Option<&str>, model: &str) -> Self {
        Self {
            base: base.trim().trim_end_matches('/').to_owned(),
            key: key.map(str::to_owned),
            organization: None,
            model: model.to_owned(),
            mode: ModelMode::Chat,
            tools: ToolStyle::Tools,
            length_limit: LengthLimit::MaxTokens,
            stream_usage: true,
            stop_words: true,
            framing: Framing::BlankLine,
            rerank_url: None,
            vector_encoding: VectorEncoding::Float,
            embedding_tasks: None,
            language: None,
            initial_prompt: None,
        }
    }

    pub(crate) fn post(&self, upstream: &Upstream, path: &str) -> Result<RequestBuilder, InvokeError> {
        Ok(self.authorize(upstream.post(&format!("{}{path}", self.base))?))
    }

    pub(crate) fn get(&self, upstream: &Upstream, path: &str) -> Result<RequestBuilder, InvokeError> {
        Ok(self.authorize(upstream.get(&format!("{}{path}", self.base))?))
    }

    pub(crate) fn post_to(&self, upstream: &Upstream, url: &str) -> Result<RequestBuilder, InvokeError> {
        Ok(self.authorize(upstream.post(url)?))
    }

    fn authorize(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(organization) = &self.organization {
            request = request.header(HeaderName::from_static("openai-organization"), organization);
        }
        request
    }
}
