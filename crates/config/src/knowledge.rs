//! Knowledge: `INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH` (characters, despite its name),
//! `DATASET_MAX_SEGMENTS_PER_REQUEST`, `CHILD_CHUNKS_PREVIEW_NUMBER`, `FERRIFY_RETRIEVAL_TIMEOUT`,
//! `FERRIFY_INDEXING_AT_ONCE`.

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct KnowledgeSettings {
    /// Largest `max_tokens` of a process rule, in characters.
    pub max_segment_length: u32,
    /// Segments in one request; 0 = any number.
    pub max_segments_per_request: usize,
    /// Children that a preview shows.
    pub preview_children: usize,
    /// A search that takes longer has failed.
    pub retrieval_timeout: Duration,
    /// Documents that one worker indexes at the same time.
    pub indexing_at_once: usize,
}

impl KnowledgeSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            max_segment_length: reader.parsed("INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000)?,
            max_segments_per_request: reader.parsed("DATASET_MAX_SEGMENTS_PER_REQUEST", 0)?,
            preview_children: reader.parsed("CHILD_CHUNKS_PREVIEW_NUMBER", 50)?,
            retrieval_timeout: Duration::from_secs(reader.parsed("FERRIFY_RETRIEVAL_TIMEOUT", 20)?),
            indexing_at_once: reader.parsed("FERRIFY_INDEXING_AT_ONCE", 2)?,
        })
    }
}
