//! Removing segments: the rows at once, the index by a job.

use models::child_chunk::ChildChunk;
use models::db::AsyncConnection;
use models::document::Document;
use models::segment::Segment;
use models::{DatasetId, DocumentId, SegmentId, segment_attachment, segment_summary};

use crate::indexing;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument` or `NoSuchSegment`.
    pub async fn delete_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        id: SegmentId,
    ) -> Result<(), KnowledgeError> {
        if self.delete_segments(actor, dataset, document, &[id]).await? == 0 {
            return Err(KnowledgeError::NoSuchSegment);
        }
        Ok(())
    }

    /// Removes several; those that are not there are left out. How many there were.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
    pub async fn delete_segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        ids: &[SegmentId],
    ) -> Result<usize, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, document).await?;
        conn.transaction(async |conn| {
            // Only what is of this document, whatever else was named.
            let known = Segment::find_all(conn, actor.tenant, document.id, ids).await?;
            let ids = &known.iter().map(|segment| segment.id).collect::<Vec<SegmentId>>();
            let children = ChildChunk::delete_of_segments(conn, actor.tenant, ids).await?;
            let of_summaries = segment_summary::delete(conn, actor.tenant, ids).await?;
            let gone = Segment::delete_all(conn, actor.tenant, document.id, ids).await?;
            let words = gone.iter().fold(0_i32, |sum, segment| sum.saturating_add(segment.word_count));
            Document::add_words(conn, actor.tenant, document.id, words.saturating_neg()).await?;
            let pictures = segment_attachment::delete(conn, actor.tenant, ids).await?;
            let own = gone.iter().filter_map(|segment| segment.index_node_id.clone());
            let of_children = children.into_iter().filter_map(|child| child.index_node_id);
            let pictures = pictures.into_iter().map(|id| id.to_string());
            let nodes = own.chain(of_children).chain(of_summaries).chain(pictures).collect();
            indexing::take_nodes(conn, actor.tenant, dataset.id, nodes).await?;
            Ok(gone.len())
        })
        .await
    }
}
