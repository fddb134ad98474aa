//! What every store can do.

use std::collections::HashMap;
use std::fmt::Debug;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Collection, Entry, EntryMetadata, StoreError};

/// One collection of a search, and how much is wanted of it.
#[derive(Debug, Clone)]
pub struct Target {
    pub collection: Collection,
    pub top_k: usize,
    /// Vectors that are less similar are left out; not used for full text.
    pub score_threshold: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub dataset: Uuid,
    pub id: Uuid,
    pub text: String,
    pub metadata: EntryMetadata,
    /// Of vectors the cosine similarity, of full text a rank in 0..1 that is comparable within one store only.
    pub score: f64,
}

/// Metadata by which entries are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataKey {
    DocId,
    DocumentId,
    AnnotationId,
    AppId,
    OriginalChunkId,
}

impl MetadataKey {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocId => "doc_id",
            Self::DocumentId => "document_id",
            Self::AnnotationId => "annotation_id",
            Self::AppId => "app_id",
            Self::OriginalChunkId => "original_chunk_id",
        }
    }
}

/// A store of vectors. Every method may be repeated safely.
#[async_trait]
pub trait VectorStore: Debug + Send + Sync {
    /// The name by which `datasets.index_struct` knows it.
    fn kind(&self) -> &'static str;

    /// Whether the store answers, and could hold vectors.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Makes the collection when it is missing. Several may do so at once.
    async fn ensure(&self, collection: &Collection) -> Result<(), StoreError>;

    /// Writes entries in place of those of the same ids. Of an id that is given twice the last one counts.
    async fn upsert(&self, collection: &Collection, entries: &[Entry]) -> Result<(), StoreError>;

    async fn exists(&self, collection: &Collection, id: Uuid) -> Result<bool, StoreError>;

    async fn delete(&self, collection: &Collection, ids: &[Uuid]) -> Result<(), StoreError>;

    async fn delete_by_metadata(
        &self,
        collection: &Collection,
        key: MetadataKey,
        value: &str,
    ) -> Result<(), StoreError>;

    async fn delete_by_document(&self, collection: &Collection, document: Uuid) -> Result<(), StoreError> {
        self.delete_by_metadata(collection, MetadataKey::DocumentId, &document.to_string()).await
    }

    /// The most similar entries of each target, best first within each. `documents`: only of these; `None`: of all.
    async fn search_vector(
        &self,
        targets: &[Target],
        vector: &[f32],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError>;

    /// The entries of each target with any of the terms, best first within each.
    async fn search_text(
        &self,
        targets: &[Target],
        terms: &[String],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError>;

    /// The stored vectors of those ids that exist. A store may give them normalised.
    async fn vectors_of(&self, collections: &[Collection], ids: &[Uuid])
    -> Result<HashMap<Uuid, Vec<f32>>, StoreError>;

    /// Removes the dataset's entries, and what held only them.
    async fn drop_collection(&self, collection: &Collection) -> Result<(), StoreError>;

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError>;

    /// Up to `limit` entries behind `after`, by id. Their terms are only given where the store keeps them as such.
    async fn scan(&self, collection: &Collection, after: Option<Uuid>, limit: usize) -> Result<Vec<Entry>, StoreError>;
}

/// Whether entries fit their collection.
pub(super) fn check_entries(collection: &Collection, entries: &[Entry]) -> Result<(), StoreError> {
    for entry in entries {
        let (expected, got) = (collection.dimensions, entry.vector.len());
        if got != expected {
            return Err(StoreError::Dimensions { expected, got });
        }
        if !entry.vector.iter().all(|component| component.is_finite()) {
            return Err(StoreError::NotFinite(entry.id));
        }
    }
    Ok(())
}

/// Whether a query fits its targets.
pub(super) fn check_query(targets: &[Target], vector: &[f32]) -> Result<(), StoreError> {
    if !vector.iter().all(|component| component.is_finite()) {
        return Err(StoreError::QueryNotFinite);
    }
    let misfit = targets
        .iter()
        .map(|target| target.collection.dimensions)
        .find(|expected| *expected != 0 && *expected != vector.len());
    misfit.map_or(Ok(()), |expected| Err(StoreError::Dimensions { expected, got: vector.len() }))
}

/// Entries without those that later ones replace, by id, so that two writers meet rows in the same order.
pub(super) fn latest(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().rev().collect();
    // Stable: of equal ids the one that was last comes first.
    sorted.sort_by_key(|entry| entry.id);
    sorted.dedup_by_key(|entry| entry.id);
    sorted
}
