//! The protocol's JSON (`docs/api.md` of the Ollama repository).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Of `/api/chat` and `/api/generate`; each takes its own part.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    pub model: &'a str,
    pub stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Message<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think: Option<Value>,
}

#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    pub role: &'static str,
    pub content: Cow<'a, str>,
    /// Base64 without a media type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Call<'a>>,
    /// Results are matched to calls by the function's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    pub function: CalledFunction<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct CalledFunction<'a> {
    pub name: &'a str,
    pub arguments: Value,
}

#[derive(Debug, Serialize)]
pub(super) struct ToolDefinition<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub function: FunctionDefinition<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionDefinition<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub parameters: &'a Value,
}

/// A line of a stream, or a whole reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    /// Of `/api/chat`.
    pub message: Option<ReplyMessage>,
    /// Of `/api/generate`.
    pub response: Option<String>,
    pub thinking: Option<String>,
    pub done: bool,
    pub done_reason: Option<String>,
    pub prompt_eval_count: Option<u32>,
    pub eval_count: Option<u32>,
    pub error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplyMessage {
    pub content: Option<String>,
    pub thinking: Option<String>,
    pub tool_calls: Option<Vec<ReplyCall>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplyCall {
    #[serde(default)]
    pub id: Option<String>,
    pub function: ReplyFunction,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplyFunction {
    pub name: String,
    #[serde(default)]
    pub arguments: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct Embeddings {
    pub embeddings: Vec<Vec<f32>>,
    #[serde(default)]
    pub prompt_eval_count: Option<u32>,
}
