//! Searching a workspace's knowledge.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map as JsonMap, Value as Json};

use crate::usage::Usage;
use crate::value::File;

/// A search, as its node describes it.
#[derive(Debug, Clone)]
pub struct Retrieval {
    pub query: Option<String>,
    /// Pictures to search by.
    pub attachments: Vec<Arc<File>>,
    /// All fields of the node: datasets, how to rank, which metadata to filter by. Variables in the values of filters
    /// are filled in.
    pub settings: Arc<JsonMap<String, Json>>,
}

/// What a search has found.
#[derive(Debug, Clone, Default)]
pub struct Retrieved {
    /// `{title, content, metadata: {score, ...}}`. The node puts them in order of their scores and numbers them.
    pub pieces: Vec<Json>,
    /// Of models that were asked about the search itself.
    pub usage: Usage,
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
    async fn retrieve(&self, retrieval: Retrieval) -> Result<Retrieved, KnowledgeError>;
}
