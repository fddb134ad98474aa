//! Finding segments.

use models::segment_list::{self, SegmentFilter};
use models::{DatasetId, DocForm, DocumentId, SegmentId, SegmentStatus};

use super::SegmentView;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// Which segments are asked for.
#[derive(Debug, Clone, Default)]
pub struct SegmentSearch {
    pub status: Vec<SegmentStatus>,
    pub keyword: Option<String>,
    pub enabled: Option<bool>,
    pub hit_count_gte: Option<i32>,
    pub limit: i64,
    pub offset: i64,
}

impl Knowledge {
    /// A page in the order of positions, how many there are, and what they are.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
    pub async fn segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        search: &SegmentSearch,
    ) -> Result<(Vec<SegmentView>, i64, DocForm), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document) = access::document(&mut conn, actor, dataset, document).await?;
        let filter = SegmentFilter {
            status: &search.status,
            keyword: search.keyword.as_deref().filter(|keyword| !keyword.is_empty()),
            enabled: search.enabled,
            hit_count_gte: search.hit_count_gte,
        };
        let (rows, total) =
            segment_list::page(&mut conn, actor.tenant, document.id, &filter, search.limit, search.offset).await?;
        let views = self.segment_views(&mut conn, &document, rows).await?;
        Ok((views, total, document.doc_form))
    }

    /// One segment, and what it is.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument` or `NoSuchSegment`.
    pub async fn segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        id: SegmentId,
    ) -> Result<(SegmentView, DocForm), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document, segment) = access::segment(&mut conn, actor, dataset, document, id).await?;
        let view = self.segment_views(&mut conn, &document, vec![segment]).await?.pop();
        Ok((view.ok_or(KnowledgeError::NoSuchSegment)?, document.doc_form))
    }
}
