//! What a dataset says to a question.

use core_app::knowledge::{ExternalRecord, FoundChild, FoundSegment};
use models::upload_file::UploadFile;
use serde::Serialize;
use serde_json::{Map, Value};
use services::files::Files;
use services::knowledge::{SegmentView, TrialFound, TrialResult};
use utoipa::ToSchema;
use uuid::Uuid;

use super::SegmentDto;
use super::segment::AttachmentDto;

#[derive(Debug, Serialize, ToSchema)]
pub struct HitsDto {
    pub query: QueryDto,
    pub records: Vec<RecordDto>,
}

/// A segment, or for datasets behind an external API what that gave.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RecordDto {
    Segment(Box<HitDto>),
    External(ExternalHitDto),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalHitDto {
    pub content: String,
    pub title: Option<String>,
    pub score: Option<f64>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QueryDto {
    pub content: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HitDto {
    pub segment: HitSegmentDto,
    pub child_chunks: Vec<HitChildDto>,
    pub score: Option<f64>,
    /// Kept for clients that look for it.
    #[schema(value_type = Option<Object>)]
    pub tsne_position: Option<Value>,
    pub files: Vec<AttachmentDto>,
    pub summary: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HitSegmentDto {
    #[serde(flatten)]
    pub segment: SegmentDto,
    pub document: HitDocumentDto,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HitDocumentDto {
    pub id: Uuid,
    pub data_source_type: String,
    pub name: String,
    pub doc_type: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub doc_metadata: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HitChildDto {
    pub id: Uuid,
    pub content: String,
    pub position: i32,
    pub score: Option<f64>,
}

impl HitsDto {
    pub fn new(files: &Files, result: TrialResult) -> Self {
        let records = match result.found {
            TrialFound::Segments(found, mut attachments) => {
                let record = |found: FoundSegment| {
                    let pictures = attachments.remove(&found.segment.id).unwrap_or_default();
                    RecordDto::Segment(Box::new(HitDto::new(files, found, pictures)))
                };
                found.into_iter().map(record).collect()
            }
            TrialFound::Records(found) => {
                found.into_iter().map(|record| RecordDto::External(ExternalHitDto::from(record))).collect()
            }
        };
        Self { query: QueryDto { content: result.query }, records }
    }
}

impl From<ExternalRecord> for ExternalHitDto {
    fn from(record: ExternalRecord) -> Self {
        let ExternalRecord { content, score, title, metadata } = record;
        Self { content, title, score, metadata }
    }
}

impl HitDto {
    fn new(files: &Files, found: FoundSegment, pictures: Vec<UploadFile>) -> Self {
        let FoundSegment { segment, document, score, children, summary } = found;
        let shown = pictures.iter().map(|file| AttachmentDto::new(files, file.clone())).collect();
        let view = SegmentView { segment, children: Vec::new(), attachments: pictures, summary: summary.clone() };
        Self {
            segment: HitSegmentDto {
                segment: SegmentDto::new(files, view),
                document: HitDocumentDto {
                    id: document.id.0,
                    data_source_type: document.data_source_type.to_string(),
                    name: document.name,
                    doc_type: document.doc_type,
                    doc_metadata: document.doc_metadata,
                },
            },
            child_chunks: children.into_iter().map(HitChildDto::from).collect(),
            score,
            tsne_position: None,
            files: shown,
            summary,
        }
    }
}

impl From<FoundChild> for HitChildDto {
    fn from(found: FoundChild) -> Self {
        let FoundChild { chunk, score } = found;
        Self { id: chunk.id.0, content: chunk.content, position: chunk.position, score }
    }
}
