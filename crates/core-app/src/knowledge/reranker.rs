//! Ranking what was found by a model.

use std::fmt;

use async_trait::async_trait;
use core_model_runtime::{ModelRef, Runtime};
use core_rag::retrieve::{self, RerankError};

/// A ranking model that can be called. Cheap to clone.
#[derive(Clone)]
pub struct Reranker {
    runtime: Runtime,
    model: ModelRef,
}

impl fmt::Debug for Reranker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reranker({}/{})", self.model.provider, self.model.model)
    }
}

impl Reranker {
    pub(super) fn new(runtime: Runtime, model: ModelRef) -> Self {
        Self { runtime, model }
    }
}

#[async_trait]
impl retrieve::Reranker for Reranker {
    async fn rerank(&self, query: &str, documents: &[&str], top_n: usize) -> Result<Vec<(usize, f64)>, RerankError> {
        let documents: Vec<String> = documents.iter().map(|text| (*text).to_owned()).collect();
        let ranked = self.runtime.rerank(&self.model, query, &documents, Some(top_n)).await;
        let ranked = ranked.map_err(|e| RerankError(e.to_string()))?;
        Ok(ranked.into_iter().map(|one| (one.index, one.score)).collect())
    }
}
