//! Putting what a pipeline has made into a knowledge base.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map as JsonMap, Value as Json};

use super::knowledge::KnowledgeError;

/// The pieces of one document.
#[derive(Debug, Clone)]
pub struct Indexing {
    pub dataset_id: String,
    /// Empty for a preview.
    pub document_id: String,
    /// The document that this one takes the place of.
    pub original_document_id: Option<String>,
    /// Empty for a preview.
    pub batch: String,
    /// In the form of the node's `chunk_structure`.
    pub chunks: Json,
    /// All fields of the node.
    pub settings: Arc<JsonMap<String, Json>>,
}

/// A document that is in its knowledge base.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedDocument {
    pub dataset_name: String,
    pub document_name: String,
    /// Seconds since 1970.
    pub created_at: f64,
}

#[async_trait]
pub trait KnowledgeIndex: Send + Sync {
    async fn index(&self, indexing: Indexing) -> Result<IndexedDocument, KnowledgeError>;

    /// What would be indexed, as clients are shown it.
    async fn preview(&self, indexing: Indexing) -> Result<JsonMap<String, Json>, KnowledgeError>;
}
