//! Finding by pictures, and finding pictures.
//!
//! A picture that a segment shows has an entry of its own in the index of a dataset that is `is_multimodal`, in the same
//! space as the texts. Whoever finds the picture finds the segments that show it.

use std::collections::HashMap;
use std::slice;

use core_model_runtime::{EmbeddingInput, Picture};
use core_rag::retrieve::{Hit, HitKind, RetrieveError};
use core_rag::store::Target;
use futures::future::try_join_all;
use models::segment_attachment::Showing;
use models::{DocumentId, TenantId, UploadFileId};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Asked, FindError, Finder, FoundSegment};
use crate::error::GenerateError;

impl Finder {
    /// What a dataset says to pictures, the best first: each is looked for, and what several find counts by the best. A
    /// ranking model is not asked, because it ranks texts. A dataset that was never indexed says nothing.
    ///
    /// # Errors
    /// `ModelNotSupported` where the dataset's model takes no pictures; else as for [`Self::find`].
    pub async fn find_by_pictures(
        &self,
        tenant: TenantId,
        asked: &Asked,
        pictures: &[Picture],
        documents: Option<&[DocumentId]>,
    ) -> Result<Vec<FoundSegment>, FindError> {
        let embedder = self.models.embedder_of(tenant, &asked.dataset).await?;
        if !embedder.takes_pictures() {
            let told = format!("The embedding model {} does not take pictures.", embedder.model().model);
            return Err(GenerateError::ModelNotSupported(told).into());
        }
        if asked.dataset.index_struct.is_none() || documents.is_some_and(<[DocumentId]>::is_empty) {
            return Ok(Vec::new());
        }
        let work = async {
            let vectors = embedder.pictures(pictures, EmbeddingInput::Query).await.map_err(GenerateError::from)?;
            let hits = self.similar(asked, &vectors, documents).await?;
            self.segments(tenant, slice::from_ref(asked), vec![hits]).await
        };
        let found = timeout(self.patience, Box::pin(work)).await.map_err(|_elapsed| RetrieveError::Deadline)??;
        let mut found = found.into_iter().next().unwrap_or_default();
        found.truncate(usize::try_from(asked.model.top_k).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn similar(
        &self,
        asked: &Asked,
        vectors: &[Vec<f32>],
        documents: Option<&[DocumentId]>,
    ) -> Result<Vec<Hit>, FindError> {
        let dataset = &asked.dataset;
        let bindings = self.bindings(slice::from_ref(asked)).await?;
        let binding = dataset.collection_binding_id.and_then(|id| bindings.get(&id)).map(String::as_str);
        let index_struct = dataset.index_struct.as_deref();
        let dimensions = vectors.first().map_or(0, Vec::len);
        let target = Target {
            collection: self.stores.collection(dataset.id.0, index_struct, binding, dimensions),
            top_k: usize::try_from(asked.model.top_k).unwrap_or(usize::MAX),
            score_threshold: asked.model.threshold(),
        };
        let targets = slice::from_ref(&target);
        let only: Option<Vec<Uuid>> = documents.map(|ids| ids.iter().map(|id| id.0).collect());
        let store = self.stores.of_dataset(index_struct).map_err(RetrieveError::from)?;
        let searches = vectors.iter().map(|vector| store.search_vector(targets, vector, only.as_deref()));
        let found = try_join_all(searches).await.map_err(RetrieveError::from)?;
        let mut best: HashMap<Uuid, Hit> = HashMap::new();
        for found in found.into_iter().flatten() {
            let hit = Hit::of(found, HitKind::Vector);
            let known = best.entry(hit.node_id).or_insert_with(|| hit.clone());
            if hit.score > known.score {
                *known = hit;
            }
        }
        let mut hits: Vec<Hit> = best.into_values().collect();
        hits.sort_by(|a, b| b.score.unwrap_or_default().total_cmp(&a.score.unwrap_or_default()));
        Ok(hits)
    }
}

/// The pictures among hits.
pub(super) fn seen(hits: &[Vec<Hit>]) -> Vec<UploadFileId> {
    let pictures = hits.iter().flatten().filter(|hit| hit.is_image());
    pictures.filter_map(|hit| hit.metadata.doc_id).map(UploadFileId).collect()
}

/// Whether a segment shows the picture that was hit.
pub(super) fn is_of(shown: &Showing, hit: &Hit) -> bool {
    shown.segment.dataset_id.0 == hit.dataset && hit.metadata.doc_id == Some(shown.picture.0)
}
