//! Pictures of segments in the index, beside the texts.

use core_app::knowledge::Embedder;
use core_model_runtime::{EmbeddingInput, Picture};
use core_rag::store::{Entry, EntryMetadata};
use models::SegmentId;
use models::segment::Segment;
use models::segment_attachment::{self, Bound};

use super::{DatasetIndex, IndexError};
use crate::files::FileError;

/// Pictures in memory at once: a few megabytes each.
const AT_ONCE: usize = 8;

impl DatasetIndex<'_> {
    /// Puts the pictures that segments show into the index, if the dataset is to be found by pictures and its model takes
    /// them. An entry has the id of the binding, and names the picture as Dify does.
    pub(super) async fn put_pictures(&self, embedder: &Embedder, segments: &[Segment]) -> Result<(), IndexError> {
        if !self.dataset.is_multimodal || segments.is_empty() || !embedder.takes_pictures() {
            return Ok(());
        }
        let ids: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
        let bound = {
            let mut conn = self.pool.get().await?;
            segment_attachment::bound(&mut conn, self.dataset.tenant_id, &ids).await?
        };
        for some in bound.chunks(AT_ONCE) {
            let (there, pictures) = self.read(some).await?;
            let vectors = embedder.pictures(&pictures, EmbeddingInput::Document).await?;
            let Some(dimensions) = vectors.first().map(Vec::len) else { continue };
            let (store, collection) = self.collection(dimensions).await?;
            let entries: Vec<Entry> =
                there.into_iter().zip(vectors).map(|(bound, vector)| self.entry(bound, vector)).collect();
            store.ensure(&collection).await?;
            store.upsert(&collection, &entries).await?;
        }
        Ok(())
    }

    /// Those that are there and of a kind that models take; the others keep no text from being found.
    async fn read<'b>(&self, bound: &'b [Bound]) -> Result<(Vec<&'b Bound>, Vec<Picture>), IndexError> {
        let (mut there, mut pictures) = (Vec::new(), Vec::new());
        for bound in bound {
            match self.files.open(self.dataset.tenant_id, bound.file.id).await {
                Ok((file, bytes)) => {
                    if let Some(picture) = Picture::of(file.mime_type.as_deref(), bytes) {
                        there.push(bound);
                        pictures.push(picture);
                    }
                }
                Err(FileError::NotFound) => {
                    tracing::warn!(file.id = %bound.file.id, "a picture of a segment is gone and is not indexed");
                }
                Err(error) => return Err(IndexError::File(error)),
            }
        }
        Ok((there, pictures))
    }

    fn entry(&self, bound: &Bound, vector: Vec<f32>) -> Entry {
        Entry {
            id: bound.id,
            text: bound.file.name.clone(),
            vector,
            terms: Vec::new(),
            metadata: EntryMetadata {
                doc_id: Some(bound.file.id.0),
                dataset_id: Some(self.dataset.id.0),
                document_id: Some(bound.document.0),
                doc_type: Some("image".to_owned()),
                ..EntryMetadata::default()
            },
        }
    }
}
