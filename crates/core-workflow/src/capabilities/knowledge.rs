//! Searching a workspace's knowledge.

use async_trait::async_trait;
use serde_json::{Map as JsonMap, Value as Json};

/// A search, as its node describes it.
#[derive(Debug, Clone)]
pub struct Retrieval {
    pub query: Option<String>,
    /// All fields of the node: datasets, how to rank, which metadata to filter by.
    pub settings: std::sync::Arc<JsonMap<String, Json>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KnowledgeError {
    pub message: String,
    /// The error's class.
    pub kind: &'static str,
}

#[async_trait]
pub trait Knowledge: Send + Sync {
    /// Pieces of documents, the best first, as the node puts them out.
    async fn retrieve(&self, retrieval: Retrieval) -> Result<Vec<Json>, KnowledgeError>;
}
