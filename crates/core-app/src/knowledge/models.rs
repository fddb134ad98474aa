//! A workspace's models for embedding and ranking.

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec};
use core_model_runtime::{ModelRef, ModelType, Runtime};
use models::TenantId;
use models::dataset::Dataset;
use models::db::Pool;

use super::{Embedder, Reranker};
use crate::error::GenerateError;
use crate::ports::ModelSource;

/// Questions are asked again soon or not at all.
const QUERY_KEPT_FOR: Duration = Duration::from_secs(600);
/// Vectors of a few kilobytes.
const QUERIES_KEPT: u64 = 2_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct Models {
    runtime: Runtime,
    source: Arc<dyn ModelSource>,
    pool: Pool,
    /// Vectors of questions, by model and text.
    queries: Cache<String, Vec<f32>>,
}

impl Models {
    /// `pool`: vectors of texts that were embedded before are remembered in a table.
    pub fn new(runtime: Runtime, source: Arc<dyn ModelSource>, pool: Pool, hub: &CacheHub) -> Self {
        let spec = CacheSpec {
            name: "query_embeddings",
            capacity: QUERIES_KEPT,
            ttl: QUERY_KEPT_FOR,
            negative_ttl: QUERY_KEPT_FOR,
            shared: true,
        };
        Self { runtime, source, pool, queries: hub.cache(spec) }
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The embedding model of this name.
    ///
    /// # Errors
    /// When the model cannot be used.
    pub async fn embedder(&self, tenant: TenantId, provider: &str, model: &str) -> Result<Embedder, GenerateError> {
        let model = self.source.model(tenant, provider, model, ModelType::TextEmbedding).await?;
        Ok(self.embedder_with(model))
    }

    /// The embedding model of a dataset.
    ///
    /// # Errors
    /// When it has none, or that cannot be used.
    pub async fn embedder_of(&self, tenant: TenantId, dataset: &Dataset) -> Result<Embedder, GenerateError> {
        match (&dataset.embedding_model_provider, &dataset.embedding_model) {
            (Some(provider), Some(model)) => self.embedder(tenant, provider, model).await,
            _ => Ok(self.embedder_with(self.source.default_model(tenant, ModelType::TextEmbedding).await?)),
        }
    }

    /// Provider and name of an embedding model that can be used, the provider in its canonical spelling.
    ///
    /// # Errors
    /// When it cannot be used.
    pub async fn checked(
        &self,
        tenant: TenantId,
        provider: &str,
        model: &str,
    ) -> Result<(String, String), GenerateError> {
        let model = self.source.model(tenant, provider, model, ModelType::TextEmbedding).await?;
        Ok((model.provider.to_string(), model.model))
    }

    /// Whether an embedding model takes pictures beside texts.
    ///
    /// # Errors
    /// When it cannot be used.
    pub async fn takes_pictures(&self, tenant: TenantId, provider: &str, model: &str) -> Result<bool, GenerateError> {
        Ok(self.embedder(tenant, provider, model).await?.takes_pictures())
    }

    /// Provider and name of the workspace's embedding model.
    ///
    /// # Errors
    /// When there is none.
    pub async fn default_embedding(&self, tenant: TenantId) -> Result<(String, String), GenerateError> {
        let model = self.source.default_model(tenant, ModelType::TextEmbedding).await?;
        Ok((model.provider.to_string(), model.model))
    }

    /// The ranking model of this name.
    ///
    /// # Errors
    /// When the model cannot be used.
    pub async fn reranker(&self, tenant: TenantId, provider: &str, model: &str) -> Result<Reranker, GenerateError> {
        let model = self.source.model(tenant, provider, model, ModelType::Rerank).await?;
        Ok(Reranker::new(self.runtime.clone(), model))
    }

    /// The workspace's chat model, for questions about texts.
    ///
    /// # Errors
    /// When there is none.
    pub async fn default_chat(&self, tenant: TenantId) -> Result<ModelRef, GenerateError> {
        self.source.default_model(tenant, ModelType::Llm).await
    }

    /// The chat model of this name.
    ///
    /// # Errors
    /// When the model cannot be used.
    pub async fn chat(&self, tenant: TenantId, provider: &str, model: &str) -> Result<ModelRef, GenerateError> {
        self.source.model(tenant, provider, model, ModelType::Llm).await
    }

    fn embedder_with(&self, model: ModelRef) -> Embedder {
        Embedder::new(self.runtime.clone(), model, self.pool.clone(), self.queries.clone())
    }
}
