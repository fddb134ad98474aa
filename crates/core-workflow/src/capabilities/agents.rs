//! Agents: models that use tools in rounds of their own.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map as JsonMap, Value as Json};

use super::tools::ToolError;
use crate::usage::Usage;
use crate::value::{File, Map};

/// One call of an agent.
#[derive(Debug, Clone)]
pub struct AgentCall {
    pub strategy_provider: String,
    pub strategy: String,
    pub parameters: Map,
    /// All fields of the node.
    pub settings: Arc<JsonMap<String, Json>>,
}

/// A piece of an agent's work.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentMessage {
    Text(String),
    Json(Json),
    File(Arc<File>),
    Variable {
        name: String,
        value: Json,
    },
    /// `{id, parent_id, error, status, data, label, metadata}`; sent again with the same id when it changes.
    Log(Json),
    Usage(Usage),
}

pub type AgentStream = BoxStream<'static, Result<AgentMessage, ToolError>>;

#[async_trait]
pub trait Agents: Send + Sync {
    async fn invoke(&self, call: AgentCall) -> Result<AgentStream, ToolError>;
}
