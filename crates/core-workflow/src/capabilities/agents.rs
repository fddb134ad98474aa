//! Agents: models that use tools in rounds of their own.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Map as JsonMap, Value as Json};

use super::history::Turn;
use super::tools::ToolMessage;
use crate::value::Map;

/// One call of an agent.
#[derive(Debug, Clone)]
pub struct AgentCall {
    pub strategy_provider: String,
    pub strategy: String,
    pub parameters: Map,
    /// Earlier turns of the conversation, if the node remembers them.
    pub history: Vec<Turn>,
    /// All fields of the node.
    pub settings: Arc<JsonMap<String, Json>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// There is no such strategy, or it may not be used.
    #[error("Failed to get agent strategy: {0}")]
    NoStrategy(String),
    #[error("Failed to invoke agent: {0}")]
    Failed(String),
}

pub type AgentStream = BoxStream<'static, Result<ToolMessage, AgentError>>;

#[async_trait]
pub trait Agents: Send + Sync {
    /// Resolves when the agent has begun. Dropping the stream ends its work.
    async fn invoke(&self, call: AgentCall) -> Result<AgentStream, AgentError>;
}
