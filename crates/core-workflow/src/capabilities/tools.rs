//! Tools of a workspace.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map as JsonMap, Value as Json};

use crate::usage::Usage;
use crate::value::{File, Map};

/// One call of a tool.
#[derive(Debug, Clone)]
pub struct ToolCallRequest {
    pub provider_id: String,
    /// `builtin`, `api`, `workflow`, `mcp`, `plugin`, ...
    pub provider_type: String,
    pub tool: String,
    pub credential_id: Option<String>,
    pub plugin_unique_identifier: Option<String>,
    /// What a person has set up.
    pub configurations: Map,
    pub parameters: Map,
    /// All fields of the node.
    pub settings: Arc<JsonMap<String, Json>>,
}

/// A piece of a tool's or an agent's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolMessage {
    Text(String),
    /// An address, and the file that is there if it is one of this platform's.
    Link {
        url: String,
        file: Option<Arc<File>>,
    },
    Json(Json),
    File(Arc<File>),
    /// An output of its own; pieces of a streamed one follow each other.
    Variable {
        name: String,
        value: Json,
        stream: bool,
    },
    /// `{id, parent_id, error, status, data, label, metadata}`; sent again with the same id when it changes.
    Log(Json),
    /// Sources, and their text.
    RetrieverResources {
        resources: Vec<Json>,
        context: String,
    },
    /// What models have cost; of several the sum counts.
    Usage(Box<Usage>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// There is no such tool, or it may not be used.
    #[error("Failed to get tool runtime: {0}")]
    NoRuntime(String),
    #[error("Failed to invoke tool: {0}")]
    Failed(String),
    /// A tool that answered with an error of its own.
    #[error("Failed to invoke tool {provider}: {message}")]
    Refused { provider: String, message: String },
}

pub type ToolStream = BoxStream<'static, Result<ToolMessage, ToolError>>;

#[async_trait]
pub trait Tools: Send + Sync {
    async fn invoke(&self, call: ToolCallRequest) -> Result<ToolStream, ToolError>;

    /// Names of the parameters that a tool cannot do without.
    async fn required_parameters(&self, call: &ToolCallRequest) -> Result<Vec<String>, ToolError>;
}
