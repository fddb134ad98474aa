//! Texts to vectors, each text once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cache::Cache;
use core_model_runtime::{EmbeddingInput, Feature, InvokeError, ModelRef, ModelType, Picture, Runtime};
use core_rag::retrieve::{self, EmbedError};
use models::db::{DbError, Pool};
use models::embedding_cache::{self, CachedEmbedding};
use sha2::{Digest, Sha256};

use crate::error::GenerateError;

/// Hashes in one question to the table of known vectors.
const LOOKED_UP_AT_ONCE: usize = 1_000;

/// Vectors of texts, in their order, each of length one.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedTexts {
    pub vectors: Vec<Vec<f32>>,
    /// What each text counts, by the model's tokenizer where it is known.
    pub tokens: Vec<u32>,
}

/// An embedding model that can be called. Cheap to clone.
#[derive(Clone)]
pub struct Embedder {
    runtime: Runtime,
    model: ModelRef,
    pool: Pool,
    queries: Cache<String, Vec<f32>>,
    key: Arc<str>,
}

impl fmt::Debug for Embedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Embedder").field(&self.key).finish()
    }
}

impl Embedder {
    pub(super) fn new(runtime: Runtime, model: ModelRef, pool: Pool, queries: Cache<String, Vec<f32>>) -> Self {
        let key = format!("{}/{}/{}", model.tenant, model.provider, model.model).into();
        Self { runtime, model, pool, queries, key }
    }

    pub fn model(&self) -> &ModelRef {
        &self.model
    }

    /// The tokens of each text.
    pub async fn count(&self, texts: &[String]) -> Vec<u32> {
        self.runtime.count_embedding_tokens(&self.model, texts).await
    }

    /// Embeds texts of documents. Those that this model has embedded before are taken from a table; a table that does
    /// not answer costs the model's time, not the call.
    ///
    /// # Errors
    /// When the model fails, or gives a vector that is none.
    pub async fn documents(&self, texts: &[String]) -> Result<EmbeddedTexts, InvokeError> {
        let hashes: Vec<Vec<u8>> = texts.iter().map(|text| Sha256::digest(text).to_vec()).collect();
        let mut known = self.known(&hashes).await;
        let mut missing: Vec<(&Vec<u8>, &String)> = Vec::new();
        for (hash, text) in hashes.iter().zip(texts) {
            if !known.contains_key(hash) && !missing.iter().any(|(seen, _)| *seen == hash) {
                missing.push((hash, text));
            }
        }
        if !missing.is_empty() {
            let asked: Vec<String> = missing.iter().map(|(_, text)| (*text).clone()).collect();
            let embedded = self.runtime.embed(&self.model, &asked, EmbeddingInput::Document).await?;
            let mut fresh = Vec::with_capacity(missing.len());
            for ((hash, _), vector) in missing.into_iter().zip(embedded.embeddings) {
                let vector = self.unit(vector)?;
                fresh.push((hash.clone(), vector.clone()));
                known.insert(hash.clone(), vector);
            }
            self.remember(fresh).await;
        }
        let mut vectors = Vec::with_capacity(texts.len());
        for hash in &hashes {
            // Every hash was known or asked for.
            vectors.push(known.get(hash).cloned().ok_or_else(|| self.broken("an embedding is missing"))?);
        }
        Ok(EmbeddedTexts { vectors, tokens: self.count(texts).await })
    }

    /// Embeds a question.
    ///
    /// # Errors
    /// When the model fails, or gives a vector that is none.
    pub async fn query(&self, text: &str) -> Result<Vec<f32>, GenerateError> {
        let hash = hex(&Sha256::digest(text));
        let key = format!("{}_{}_{hash}", self.model.provider, self.model.model);
        let load = || async {
            let asked = [text.to_owned()];
            let embedded = self.runtime.embed(&self.model, &asked, EmbeddingInput::Query).await?;
            let vector = embedded.embeddings.into_iter().next();
            let vector = vector.ok_or_else(|| self.broken("the upstream returned no embedding"))?;
            self.unit(vector).map(Some)
        };
        let found = self.queries.get_or_load(self.model.tenant, &key, load).await;
        let vector = found.map_err(|e| GenerateError::Invoke(e.0.as_ref().clone()))?;
        vector.map(|vector| vector.as_ref().clone()).ok_or_else(|| GenerateError::Internal("no embedding".to_owned()))
    }

    /// Whether pictures can be embedded beside texts.
    pub fn takes_pictures(&self) -> bool {
        let ModelRef { provider, model, credentials, .. } = &self.model;
        let schema = self.runtime.model_schema(provider, ModelType::TextEmbedding, model, credentials);
        schema.is_some_and(|schema| schema.features.contains(&Feature::Vision))
    }

    /// Embeds pictures; the vectors are comparable with those of texts.
    ///
    /// # Errors
    /// When the model fails or takes no pictures, or gives a vector that is none.
    pub async fn pictures(&self, pictures: &[Picture], input: EmbeddingInput) -> Result<Vec<Vec<f32>>, InvokeError> {
        let embedded = self.runtime.embed_pictures(&self.model, pictures, input).await?;
        embedded.embeddings.into_iter().map(|vector| self.unit(vector)).collect()
    }

    /// The vector at length one: similarity is then the same as direction.
    fn unit(&self, mut vector: Vec<f32>) -> Result<Vec<f32>, InvokeError> {
        let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if !length.is_finite() || vector.is_empty() {
            return Err(self.broken("the upstream returned an embedding with a component that is not a number"));
        }
        if length > 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a component of a unit vector")]
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
        Ok(vector)
    }

    fn broken(&self, message: &str) -> InvokeError {
        InvokeError::BadRequest { provider: self.model.provider.to_string(), message: message.to_owned() }
    }

    async fn known(&self, hashes: &[Vec<u8>]) -> HashMap<Vec<u8>, Vec<f32>> {
        let mut known = HashMap::new();
        for some in hashes.chunks(LOOKED_UP_AT_ONCE) {
            match self.look_up(some).await {
                Ok(found) => known.extend(found.into_iter().map(|(hash, bytes)| (hash, floats(&bytes)))),
                Err(error) => {
                    tracing::warn!(error = %error, "known embeddings could not be read; the model is asked again");
                    break;
                }
            }
        }
        known
    }

    async fn look_up(&self, hashes: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DbError> {
        let mut conn = self.pool.get().await?;
        let (provider, model) = (self.model.provider.to_string(), self.model.model.as_str());
        Ok(embedding_cache::known(&mut conn, &provider, model, hashes).await?)
    }

    async fn remember(&self, fresh: Vec<(Vec<u8>, Vec<f32>)>) {
        let created_at = chrono::Utc::now().naive_utc();
        let rows: Vec<CachedEmbedding> = fresh
            .into_iter()
            .map(|(hash, vector)| CachedEmbedding {
                provider_name: self.model.provider.to_string(),
                model_name: self.model.model.clone(),
                hash,
                embedding: vector.iter().flat_map(|x| x.to_le_bytes()).collect(),
                created_at,
            })
            .collect();
        let stored: Result<(), DbError> = async {
            let mut conn = self.pool.get().await?;
            Ok(embedding_cache::remember(&mut conn, &rows).await?)
        }
        .await;
        if let Err(error) = stored {
            tracing::warn!(error = %error, "embeddings could not be remembered");
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).filter_map(|four| four.try_into().ok()).map(f32::from_le_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl retrieve::Embedder for Embedder {
    fn key(&self) -> &str {
        &self.key
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.query(text).await.map_err(|e| EmbedError(e.to_string()))
    }
}
