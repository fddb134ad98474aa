//! From segments to the index, a batch at a time.

use models::child_chunk::ChildChunk;
use models::dataset::Dataset;
use models::document::Document;
use models::segment::Segment;
use models::{DocForm, SegmentId, document_progress, segment_index};
use tokio_util::sync::CancellationToken;

use super::{DatasetIndex, IndexError, IndexingParts};

/// Segments that are embedded and written together: bounds memory, and how much is done again after a death.
const BATCH: i64 = 200;

impl IndexingParts {
    /// Puts the segments into the index that are not in it yet, and ends the document's way.
    pub(super) async fn load(
        &self,
        dataset: &Dataset,
        document: &Document,
        stop: &CancellationToken,
    ) -> Result<(), IndexError> {
        let (tenant, id) = (document.tenant_id, document.id);
        let mut after = i32::MIN;
        loop {
            if stop.is_cancelled() {
                return Err(IndexError::Interrupted);
            }
            let (segments, children) = {
                let mut conn = self.pool.get().await?;
                // A batch may take a while: whoever paused the document, or removed it, is heard before each.
                if document_progress::in_work(&mut conn, tenant, id).await?.is_none() {
                    return Err(IndexError::Overtaken);
                }
                let segments = segment_index::next(&mut conn, tenant, id, after, BATCH).await?;
                let children = children_of(&mut conn, document, &segments).await?;
                (segments, children)
            };
            let Some(last) = segments.last() else { break };
            after = last.position;
            // The first batch writes into the dataset's row where its vectors are.
            let current = self.current(dataset).await?;
            let index = self.index_of(&current);
            let indexed = index.put(document.doc_form, &segments, &children, true).await?;
            let mut conn = self.pool.get().await?;
            if !segment_index::done(&mut conn, tenant, id, &indexed).await? {
                drop(conn);
                self.take_back(&index, document, &segments, &children).await?;
                return Err(IndexError::Overtaken);
            }
        }
        let tokens = segment_index::tokens(&mut *self.pool.get().await?, tenant, id).await?;
        let tokens = i32::try_from(tokens).unwrap_or(i32::MAX);
        if self.complete(document, tokens).await? { Ok(()) } else { Err(IndexError::Overtaken) }
    }

    /// The dataset's row as it is now.
    pub(super) async fn current(&self, dataset: &Dataset) -> Result<Dataset, IndexError> {
        let mut conn = self.pool.get().await?;
        Dataset::find(&mut conn, dataset.tenant_id, dataset.id).await?.ok_or(IndexError::Overtaken)
    }

    pub(super) fn index_of<'a>(&'a self, dataset: &'a Dataset) -> DatasetIndex<'a> {
        DatasetIndex { pool: &self.pool, models: &self.models, stores: &self.stores, files: &self.files, dataset }
    }

    /// The document was taken away while its segments were put: those that are gone leave the index, too.
    async fn take_back(
        &self,
        index: &DatasetIndex<'_>,
        document: &Document,
        segments: &[Segment],
        children: &[ChildChunk],
    ) -> Result<(), IndexError> {
        let ids: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
        let kept: Vec<SegmentId> = {
            let mut conn = self.pool.get().await?;
            if Dataset::find(&mut conn, document.tenant_id, document.dataset_id).await?.is_none() {
                drop(conn);
                // Its index may have been made anew by this very batch, after it was dropped.
                return index.drop_all().await;
            }
            let kept = Segment::find_all(&mut conn, document.tenant_id, document.id, &ids).await?;
            kept.into_iter().map(|segment| segment.id).collect()
        };
        let gone = segments.iter().filter(|segment| !kept.contains(&segment.id)).map(|s| s.index_node_id.clone());
        let orphans = children.iter().filter(|c| !kept.contains(&c.segment_id)).map(|c| c.index_node_id.clone());
        let nodes: Vec<String> = gone.chain(orphans).flatten().collect();
        index.take(&nodes).await
    }
}

/// The children of parents; of other forms there are none.
pub(super) async fn children_of(
    conn: &mut models::db::Conn,
    document: &Document,
    segments: &[Segment],
) -> Result<Vec<ChildChunk>, IndexError> {
    if document.doc_form != DocForm::Hierarchical {
        return Ok(Vec::new());
    }
    let ids: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
    Ok(ChildChunk::of_segments(conn, document.tenant_id, &ids).await?)
}
