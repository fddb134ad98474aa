//! What searching asks of AI models. The layer above answers with whatever runs them.

use std::fmt::Debug;

use async_trait::async_trait;

/// Why a text could not be turned into a vector.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the query cannot be embedded: {0}")]
pub struct EmbedError(pub String);

/// Why documents could not be ranked by a model.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the rerank model failed: {0}")]
pub struct RerankError(pub String);

/// Turns queries into vectors.
#[async_trait]
pub trait Embedder: Debug + Send + Sync {
    /// Names model and workspace: queries for datasets with equal keys are embedded once.
    fn key(&self) -> &str;

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError>;
}

/// Ranks documents by how well they answer a query.
#[async_trait]
pub trait Reranker: Debug + Send + Sync {
    /// Positions in `documents` with their scores, at most `top_n`.
    async fn rerank(&self, query: &str, documents: &[&str], top_n: usize) -> Result<Vec<(usize, f64)>, RerankError>;
}
