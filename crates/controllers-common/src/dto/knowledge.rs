//! Datasets, documents and segments as both the Console and the Service API show them.

pub mod dataset;
pub mod document;
pub mod hit;
pub mod metadata;
pub mod segment;
pub mod state;

pub use dataset::DatasetDto;
pub use document::{DetailPart, DocumentDetailDto, DocumentDto, display_status};
pub use hit::{HitDto, HitsDto};
pub use segment::{ChildChunkDto, SegmentDto};
pub use state::IndexingStateDto;

use chrono::NaiveDateTime;

/// Unix seconds.
fn seconds(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}
