//! How far documents have come.

use models::IndexingStatus;
use serde::Serialize;
use services::knowledge::IndexingState;
use utoipa::ToSchema;
use uuid::Uuid;

use super::seconds;

/// Times are Unix seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct IndexingStateDto {
    pub id: Uuid,
    /// `waiting`, `parsing`, `cleaning`, `splitting`, `indexing`, `paused`, `error` or `completed`.
    pub indexing_status: String,
    pub processing_started_at: Option<i64>,
    pub parsing_completed_at: Option<i64>,
    pub cleaning_completed_at: Option<i64>,
    pub splitting_completed_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub paused_at: Option<i64>,
    pub error: Option<String>,
    pub stopped_at: Option<i64>,
    pub completed_segments: i64,
    pub total_segments: i64,
}

impl From<IndexingState> for IndexingStateDto {
    fn from(state: IndexingState) -> Self {
        let IndexingState { document, completed_segments, total_segments } = state;
        let ended = matches!(document.indexing_status, IndexingStatus::Completed | IndexingStatus::Error);
        let paused = document.is_paused == Some(true) && !ended;
        Self {
            id: document.id.0,
            indexing_status: if paused { "paused".to_owned() } else { document.indexing_status.to_string() },
            processing_started_at: document.processing_started_at.map(seconds),
            parsing_completed_at: document.parsing_completed_at.map(seconds),
            cleaning_completed_at: document.cleaning_completed_at.map(seconds),
            splitting_completed_at: document.splitting_completed_at.map(seconds),
            completed_at: document.completed_at.map(seconds),
            paused_at: document.paused_at.map(seconds),
            error: document.error,
            stopped_at: document.stopped_at.map(seconds),
            completed_segments,
            total_segments,
        }
    }
}
