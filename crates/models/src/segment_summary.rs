//! Summaries of segments, by which they are found, too.
//!
//! The table has no workspace: every statement goes through the segments, which have one.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{document_segment_summaries as summaries, document_segments as segments};
use crate::{DocumentId, SegmentId, TenantId};

text_enum! {
    /// How far a summary has come.
    SummaryStatus {
        NotStarted => "not_started",
        /// Its text may be there already: then only its vector is missing.
        Generating => "generating",
        Completed => "completed",
        Error => "error",
        /// Of another program.
        Timeout => "timeout",
    }
}

impl SummaryStatus {
    /// Somebody still has to do something.
    pub const PENDING: [Self; 2] = [Self::NotStarted, Self::Generating];
}

/// The summary of a segment. Rows that Ferrify makes have the id of their segment: who begins at the same time begins
/// the same row.
#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = summaries, check_for_backend(diesel::pg::Pg))]
pub struct SegmentSummary {
    pub id: Uuid,
    pub document_id: DocumentId,
    /// The segment.
    pub chunk_id: SegmentId,
    pub summary_content: Option<String>,
    /// Under which it is in the index.
    pub summary_index_node_id: Option<String>,
    pub summary_index_node_hash: Option<String>,
    pub status: SummaryStatus,
}

impl SegmentSummary {
    /// The finished summaries of segments, also of segments that are disabled.
    pub async fn completed(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[SegmentId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        summaries::table
            .inner_join(segments::table.on(segments::id.eq(summaries::chunk_id)))
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::id.eq_any(ids))
            .filter(summaries::status.eq(SummaryStatus::Completed))
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// The summary of a segment, whatever its status.
    pub async fn of(conn: &mut AsyncPgConnection, tenant: TenantId, segment: SegmentId) -> QueryResult<Option<Self>> {
        summaries::table
            .inner_join(segments::table.on(segments::id.eq(summaries::chunk_id)))
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::id.eq(segment))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// Those of `ids` that are of the document, which was loaded before.
    pub async fn find_all(conn: &mut AsyncPgConnection, document: DocumentId, ids: &[Uuid]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(summaries::document_id.eq(document)).filter(summaries::id.eq_any(ids)).load(conn).await
    }

    /// What was written, if anything was.
    pub fn text(&self) -> Option<&str> {
        self.summary_content.as_deref().filter(|text| !text.is_empty())
    }
}

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
        .filter(summaries::status.eq(SummaryStatus::Completed))
        .select((summaries::chunk_id, summaries::summary_content))
        .load(conn)
        .await?;
    Ok(found.into_iter().filter_map(|(segment, text)| Some((segment, text?))).collect())
}

/// The finished summaries of segments that a search has found by them.
pub async fn found(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    ids: &[SegmentId],
) -> QueryResult<HashMap<SegmentId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(SegmentId, Option<String>)> = summaries::table
        .inner_join(segments::table.on(segments::id.eq(summaries::chunk_id)))
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::id.eq_any(ids))
        .filter(summaries::enabled)
        .filter(summaries::status.eq(SummaryStatus::Completed))
        .select((summaries::chunk_id, summaries::summary_content))
        .load(conn)
        .await?;
    Ok(found.into_iter().filter_map(|(segment, text)| Some((segment, text?))).collect())
}

#[derive(QueryableByName)]
struct Node {
    #[diesel(sql_type = Nullable<Text>)]
    node: Option<String>,
}

fn nodes_of(rows: Vec<Node>) -> Vec<String> {
    rows.into_iter().filter_map(|row| row.node).collect()
}

/// Under which ids the index may know the summaries of segments.
pub async fn nodes(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[SegmentId]) -> QueryResult<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Node> = diesel::sql_query(
        "SELECT r.summary_index_node_id AS node FROM document_segment_summaries r \
         JOIN document_segments s ON s.id = r.chunk_id WHERE s.tenant_id = $1 AND s.id = ANY($2)",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    Ok(nodes_of(rows))
}

/// Removes the summaries of segments that are still there; under which ids the index may know them.
pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[SegmentId]) -> QueryResult<Vec<String>> {
    let rows: Vec<Node> = diesel::sql_query(
        "DELETE FROM document_segment_summaries r USING document_segments s \
         WHERE s.id = r.chunk_id AND s.tenant_id = $1 AND s.id = ANY($2) RETURNING r.summary_index_node_id AS node",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    Ok(nodes_of(rows))
}

/// The summaries of segments go and come with them.
pub async fn enable(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    ids: &[SegmentId],
    enabled: bool,
) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "UPDATE document_segment_summaries r SET enabled = $3, disabled_by = NULL, \
            disabled_at = CASE WHEN $3 THEN NULL ELSE timezone('utc', now()) END \
         FROM document_segments s \
         WHERE s.id = r.chunk_id AND s.tenant_id = $1 AND s.id = ANY($2) AND r.enabled <> $3",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Bool, _>(enabled)
    .execute(conn)
    .await
    .map(drop)
}

/// How many segments have a summary of this status.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SummaryCount {
    #[diesel(sql_type = Text)]
    pub status: SummaryStatus,
    #[diesel(sql_type = BigInt)]
    pub segments: i64,
}

/// The segments of a document that people find, counted; one without a summary counts as not started.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> QueryResult<Vec<SummaryCount>> {
    diesel::sql_query(
        "SELECT coalesce(r.status, 'not_started')::text AS status, count(*) AS segments \
         FROM document_segments s LEFT JOIN document_segment_summaries r ON r.chunk_id = s.id \
         WHERE s.tenant_id = $1 AND s.document_id = $2 AND s.enabled AND s.status = 'completed' GROUP BY 1",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .load(conn)
    .await
}

/// How the summary of a segment is coming on.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SummaryOf {
    #[diesel(sql_type = SqlUuid)]
    pub segment_id: SegmentId,
    #[diesel(sql_type = Integer)]
    pub segment_position: i32,
    #[diesel(sql_type = Text)]
    pub status: SummaryStatus,
    /// The first 101 characters.
    #[diesel(sql_type = Nullable<Text>)]
    pub beginning: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub created_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub updated_at: Option<NaiveDateTime>,
}

/// The first segments of a document that people find, each with how its summary is coming on.
pub async fn list(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    limit: i64,
) -> QueryResult<Vec<SummaryOf>> {
    diesel::sql_query(
        "SELECT s.id AS segment_id, s.position AS segment_position, coalesce(r.status, 'not_started')::text AS status, \
            left(r.summary_content, 101) AS beginning, r.error, r.created_at, r.updated_at \
         FROM document_segments s LEFT JOIN document_segment_summaries r ON r.chunk_id = s.id \
         WHERE s.tenant_id = $1 AND s.document_id = $2 AND s.enabled AND s.status = 'completed' \
         ORDER BY s.position, s.id LIMIT $3",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Those of the documents that still wait for summaries.
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> QueryResult<Vec<DocumentId>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    summaries::table
        .inner_join(segments::table.on(segments::id.eq(summaries::chunk_id)))
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::document_id.eq_any(documents))
        .filter(segments::enabled)
        .filter(summaries::status.eq_any(SummaryStatus::PENDING))
        .select(segments::document_id)
        .distinct()
        .load(conn)
        .await
}
