//! Summaries of segments, by which they are found, too.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::document_segment_summaries as summaries;
use crate::{DocumentId, SegmentId};

/// The finished summaries of segments of a document that was loaded before.
pub async fn of_segments(
    conn: &mut AsyncPgConnection,
    document: DocumentId,
    segments: &[SegmentId],
) -> QueryResult<HashMap<SegmentId, String>> {
    if segments.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(SegmentId, Option<String>)> = summaries::table
        .filter(summaries::document_id.eq(document))
        .filter(summaries::chunk_id.eq_any(segments))
        .filter(summaries::enabled)
        .filter(summaries::status.eq("completed"))
        .select((summaries::chunk_id, summaries::summary_content))
        .load(conn)
        .await?;
    Ok(found.into_iter().filter_map(|(segment, text)| Some((segment, text?))).collect())
}
