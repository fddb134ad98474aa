//! A segment and its children.

use models::UploadFileId;
use models::child_chunk::ChildChunk;
use models::upload_file::UploadFile;
use serde::Serialize;
use serde_json::Value;
use services::files::Files;
use services::knowledge::SegmentView;
use utoipa::ToSchema;
use uuid::Uuid;

use super::seconds;

#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentDto {
    pub id: Uuid,
    pub position: i32,
    pub document_id: Uuid,
    pub content: String,
    /// With links that open the pictures in it.
    pub sign_content: String,
    pub answer: Option<String>,
    pub word_count: i32,
    pub tokens: i32,
    pub keywords: Option<Vec<String>>,
    pub index_node_id: Option<String>,
    pub index_node_hash: Option<String>,
    pub hit_count: i32,
    pub enabled: bool,
    pub disabled_at: Option<i64>,
    pub disabled_by: Option<Uuid>,
    pub status: String,
    pub created_by: Uuid,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: Option<Uuid>,
    pub indexing_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub error: Option<String>,
    pub stopped_at: Option<i64>,
    pub child_chunks: Vec<ChildChunkDto>,
    pub attachments: Vec<AttachmentDto>,
    pub summary: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChildChunkDto {
    pub id: Uuid,
    pub segment_id: Uuid,
    pub content: String,
    pub position: i32,
    pub word_count: i32,
    /// `automatic` or `customized`.
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentDto {
    pub id: Uuid,
    pub name: String,
    pub size: i32,
    pub extension: String,
    pub mime_type: Option<String>,
    /// A signed link.
    pub source_url: String,
}

impl AttachmentDto {
    pub fn new(files: &Files, file: UploadFile) -> Self {
        Self {
            source_url: files.preview_url(file.id),
            id: file.id.0,
            name: file.name,
            size: file.size,
            extension: file.extension,
            mime_type: file.mime_type,
        }
    }
}

impl From<ChildChunk> for ChildChunkDto {
    fn from(child: ChildChunk) -> Self {
        Self {
            id: child.id.0,
            segment_id: child.segment_id.0,
            content: child.content,
            position: child.position,
            word_count: child.word_count,
            kind: child.kind.to_string(),
            created_at: seconds(child.created_at),
            updated_at: seconds(child.updated_at),
        }
    }
}

impl SegmentDto {
    pub fn new(files: &Files, view: SegmentView) -> Self {
        let SegmentView { segment, children, attachments, summary } = view;
        let shown: Vec<UploadFileId> = attachments.iter().map(|file| file.id).collect();
        let words = |keywords: Value| match keywords {
            Value::Array(words) => Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        };
        Self {
            id: segment.id.0,
            position: segment.position,
            document_id: segment.document_id.0,
            sign_content: files.with_open_links(&segment.content, &shown),
            content: segment.content,
            answer: segment.answer,
            word_count: segment.word_count,
            tokens: segment.tokens,
            keywords: segment.keywords.and_then(words),
            index_node_id: segment.index_node_id,
            index_node_hash: segment.index_node_hash,
            hit_count: segment.hit_count,
            enabled: segment.enabled,
            disabled_at: segment.disabled_at.map(seconds),
            disabled_by: segment.disabled_by,
            status: segment.status.to_string(),
            created_by: segment.created_by,
            created_at: seconds(segment.created_at),
            updated_at: seconds(segment.updated_at),
            updated_by: segment.updated_by,
            indexing_at: segment.indexing_at.map(seconds),
            completed_at: segment.completed_at.map(seconds),
            error: segment.error,
            stopped_at: segment.stopped_at.map(seconds),
            child_chunks: children.into_iter().map(ChildChunkDto::from).collect(),
            attachments: attachments.into_iter().map(|file| AttachmentDto::new(files, file)).collect(),
            summary,
        }
    }
}
