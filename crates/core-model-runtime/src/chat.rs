//! One request to a chat model and what comes back.

use std::sync::Arc;

use futures::stream::BoxStream;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::id::ProviderId;
use crate::message::{PromptMessage, Tool, ToolCall};
use crate::usage::Usage;

/// Which model to call, for whom and with which credentials.
#[derive(Debug, Clone)]
pub struct ModelRef {
    /// The workspace; outages are tracked per provider and workspace.
    pub tenant: Uuid,
    pub provider: ProviderId,
    pub model: String,
    pub credentials: Arc<Credentials>,
}

#[derive(Debug, Clone, Default)]
pub struct ChatRequest {
    pub messages: Vec<PromptMessage>,
    /// Model parameters by name; checked against the model's rules before the call.
    pub parameters: Map<String, Value>,
    pub tools: Vec<Tool>,
    pub stop: Vec<String>,
    /// An opaque id of the end user, for the upstream's abuse detection.
    pub user: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
}

impl FinishReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }
}

/// A piece of a streamed reply.
#[derive(Debug, Clone, Default)]
pub struct ChatChunk {
    /// New text; reasoning is inside `<think>` tags.
    pub text: String,
    /// Whole calls only: id, name and complete arguments.
    pub tool_calls: Vec<ToolCall>,
    pub finish_reason: Option<FinishReason>,
    /// On the last chunk, and on no other.
    pub usage: Option<Usage>,
}

/// A reply in progress. Dropping it cancels the upstream call.
pub type ChatStream = BoxStream<'static, Result<ChatChunk, InvokeError>>;

/// A whole reply.
#[derive(Debug, Clone)]
pub struct ChatResult {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub usage: Usage,
    pub finish_reason: Option<FinishReason>,
}
