//! Segments as they are shown.

use std::collections::HashMap;

use models::child_chunk::ChildChunk;
use models::db::Conn;
use models::document::Document;
use models::segment::Segment;
use models::segment_attachment;
use models::segment_summary;
use models::upload_file::UploadFile;
use models::{DocForm, SegmentId, TenantId};

use crate::knowledge::{Knowledge, KnowledgeError};

/// A segment as it is shown.
#[derive(Debug, Clone)]
pub struct SegmentView {
    pub segment: Segment,
    /// Of a parent.
    pub children: Vec<ChildChunk>,
    /// Pictures that were in its text.
    pub attachments: Vec<UploadFile>,
    pub summary: Option<String>,
}

impl Knowledge {
    /// Everything that is shown of segments of one document: a fixed number of statements for any number of them.
    pub(in crate::knowledge) async fn segment_views(
        &self,
        conn: &mut Conn,
        document: &Document,
        segments: Vec<Segment>,
    ) -> Result<Vec<SegmentView>, KnowledgeError> {
        let ids: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
        let mut children: HashMap<SegmentId, Vec<ChildChunk>> = HashMap::new();
        if document.doc_form == DocForm::Hierarchical {
            for child in ChildChunk::of_segments(conn, document.tenant_id, &ids).await? {
                children.entry(child.segment_id).or_default().push(child);
            }
        }
        let mut attachments = attachments(conn, document.tenant_id, &ids).await?;
        let mut summaries = segment_summary::of_segments(conn, document.id, &ids).await?;
        Ok(segments
            .into_iter()
            .map(|segment| SegmentView {
                children: children.remove(&segment.id).unwrap_or_default(),
                attachments: attachments.remove(&segment.id).unwrap_or_default(),
                summary: summaries.remove(&segment.id),
                segment,
            })
            .collect())
    }
}

/// The pictures of segments.
pub(in crate::knowledge) async fn attachments(
    conn: &mut Conn,
    tenant: TenantId,
    segments: &[SegmentId],
) -> Result<HashMap<SegmentId, Vec<UploadFile>>, KnowledgeError> {
    let mut by_segment: HashMap<SegmentId, Vec<UploadFile>> = HashMap::new();
    for (segment, file) in segment_attachment::of_segments(conn, tenant, segments).await? {
        by_segment.entry(segment).or_default().push(file);
    }
    Ok(by_segment)
}
