//! How the making of summaries changes them.
//!
//! A row is begun as `not_started`. Whoever works on it sets it to `generating`, writes its text, puts that into the
//! index, and sets it to `completed`. Each step only moves rows that are where it expects them: a segment whose text
//! changed meanwhile is `not_started` again, and what was made of its old text is written nowhere.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Uuid as SqlUuid, Varchar};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::document_progress::Stranded;
use crate::schema::{document_segment_summaries as summaries, document_segments as segments};
use crate::segment::Segment;
use crate::segment_summary::{SegmentSummary, SummaryStatus};
use crate::{DocumentId, SegmentId, SegmentStatus, TenantId};

/// The index knows its entries by UUIDs.
const NODE: &str = "CASE WHEN summary_index_node_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' \
    THEN summary_index_node_id ELSE gen_random_uuid()::text END";

const BEGIN: &str = "INSERT INTO document_segment_summaries \
            (id, dataset_id, document_id, chunk_id, summary_index_node_id, status, enabled, created_at, updated_at) \
         SELECT s.id, s.dataset_id, s.document_id, s.id, gen_random_uuid()::text, 'not_started', true, \
            timezone('utc', now()), timezone('utc', now()) \
         FROM document_segments s \
         WHERE s.tenant_id = $1 AND s.enabled AND s.status = 'completed' \
            AND NOT EXISTS (SELECT 1 FROM document_segment_summaries r WHERE r.chunk_id = s.id)";

/// Begins a summary for each segment of the documents that people find and that has none.
pub async fn begin(conn: &mut AsyncPgConnection, tenant: TenantId, documents: &[DocumentId]) -> QueryResult<()> {
    diesel::sql_query(format!("{BEGIN} AND s.document_id = ANY($2) ON CONFLICT (id) DO NOTHING"))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(documents)
        .execute(conn)
        .await
        .map(drop)
}

/// The same for single segments.
pub async fn begin_for(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[SegmentId]) -> QueryResult<()> {
    diesel::sql_query(format!("{BEGIN} AND s.id = ANY($2) ON CONFLICT (id) DO NOTHING"))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(conn)
        .await
        .map(drop)
}

const RENEW: &str = "UPDATE document_segment_summaries r SET status = 'not_started', summary_content = NULL, error = NULL, \
        enabled = true, updated_at = timezone('utc', now()) \
     FROM document_segments s WHERE s.id = r.chunk_id AND s.tenant_id = $1";

/// The summaries of the documents are to be made again.
pub async fn renew_documents(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> QueryResult<()> {
    diesel::sql_query(format!("{RENEW} AND s.document_id = ANY($2)"))
        .bind::<SqlUuid, _>(tenant)
        .bind::<Array<SqlUuid>, _>(documents)
        .execute(conn)
        .await
        .map(drop)
}

/// The summary of the segment is to be made again.
pub async fn renew(conn: &mut AsyncPgConnection, tenant: TenantId, segment: SegmentId) -> QueryResult<()> {
    diesel::sql_query(format!("{RENEW} AND s.id = $2"))
        .bind::<SqlUuid, _>(tenant)
        .bind::<SqlUuid, _>(segment)
        .execute(conn)
        .await
        .map(drop)
}

/// The next summaries that are not done, with their segments.
pub async fn next(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    limit: i64,
) -> QueryResult<Vec<(SegmentSummary, Segment)>> {
    summaries::table
        .inner_join(segments::table.on(segments::id.eq(summaries::chunk_id)))
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::document_id.eq(document))
        .filter(segments::enabled)
        .filter(segments::status.eq(SegmentStatus::Completed))
        .filter(summaries::status.eq_any(SummaryStatus::PENDING))
        .order((segments::position, segments::id))
        .limit(limit)
        .select((SegmentSummary::as_select(), Segment::as_select()))
        .load(conn)
        .await
}

/// Somebody works on these from now on. Rows of other programs get an id for the index where they have none.
pub async fn start(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<()> {
    let these =
        summaries::table.filter(summaries::id.eq_any(ids)).filter(summaries::status.eq_any(SummaryStatus::PENDING));
    diesel::update(these)
        .set((
            summaries::status.eq(SummaryStatus::Generating),
            summaries::error.eq(None::<String>),
            summaries::summary_index_node_id.eq(sql::<Nullable<Varchar>>(NODE)),
            summaries::updated_at.eq(chrono::Utc::now().naive_utc()),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// A text that was made of a segment.
#[derive(Debug, Clone)]
pub struct Written {
    pub id: Uuid,
    /// Of the text of the segment that it was made of.
    pub of: Option<String>,
    pub text: String,
}

/// Keeps texts of segments that are still what they were.
pub async fn write(conn: &mut AsyncPgConnection, tenant: TenantId, written: &[Written]) -> QueryResult<()> {
    if written.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = written.iter().map(|one| one.id).collect();
    let hashes: Vec<Option<&str>> = written.iter().map(|one| one.of.as_deref()).collect();
    let texts: Vec<&str> = written.iter().map(|one| one.text.as_str()).collect();
    diesel::sql_query(
        "UPDATE document_segment_summaries r SET summary_content = g.text, updated_at = timezone('utc', now()) \
         FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g(id, hash, text), document_segments s \
         WHERE r.id = g.id AND r.status = 'generating' AND s.id = r.chunk_id AND s.tenant_id = $1 \
            AND s.index_node_hash IS NOT DISTINCT FROM g.hash",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Nullable<Text>>, _>(hashes)
    .bind::<Array<Text>, _>(texts)
    .execute(conn)
    .await
    .map(drop)
}

/// A summary that is in the index.
#[derive(Debug, Clone)]
pub struct Indexed {
    pub id: Uuid,
    pub text: String,
    pub hash: String,
    pub tokens: i32,
}

/// These are in the index; which of them were expected there: their segments can be found, and nobody wrote another
/// text meanwhile.
pub async fn done(conn: &mut AsyncPgConnection, tenant: TenantId, done: &[Indexed]) -> QueryResult<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    if done.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = done.iter().map(|one| one.id).collect();
    let texts: Vec<&str> = done.iter().map(|one| one.text.as_str()).collect();
    let hashes: Vec<&str> = done.iter().map(|one| one.hash.as_str()).collect();
    let tokens: Vec<i32> = done.iter().map(|one| one.tokens).collect();
    let moved: Vec<Id> = diesel::sql_query(
        "UPDATE document_segment_summaries r SET status = 'completed', summary_index_node_hash = g.hash, tokens = g.tokens, \
            error = NULL, enabled = true, disabled_at = NULL, disabled_by = NULL, updated_at = timezone('utc', now()) \
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int[]) AS g(id, text, hash, tokens), \
            document_segments s JOIN documents d ON d.id = s.document_id \
         WHERE r.id = g.id AND r.status = 'generating' AND r.summary_content = g.text \
            AND s.id = r.chunk_id AND s.tenant_id = $1 AND s.enabled AND s.status = 'completed' \
            AND d.enabled AND NOT d.archived \
         RETURNING r.id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(texts)
    .bind::<Array<Text>, _>(hashes)
    .bind::<Array<Integer>, _>(tokens)
    .load(conn)
    .await?;
    Ok(moved.into_iter().map(|row| row.id).collect())
}

/// A summary cannot be made, for a reason that is told.
#[derive(Debug, Clone)]
pub struct Refused {
    pub id: Uuid,
    pub error: String,
}

pub async fn fail(conn: &mut AsyncPgConnection, refused: &[Refused]) -> QueryResult<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = refused.iter().map(|one| one.id).collect();
    let errors: Vec<&str> = refused.iter().map(|one| one.error.as_str()).collect();
    diesel::sql_query(
        "UPDATE document_segment_summaries r SET status = 'error', error = g.error, updated_at = timezone('utc', now()) \
         FROM unnest($1::uuid[], $2::text[]) AS g(id, error) \
         WHERE r.id = g.id AND r.status IN ('not_started', 'generating')",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(errors)
    .execute(conn)
    .await
    .map(drop)
}

/// None of the summaries that a document still waits for can be made.
pub async fn fail_all(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    error: &str,
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE document_segment_summaries r SET status = 'error', error = $3, updated_at = timezone('utc', now()) \
         FROM document_segments s WHERE s.id = r.chunk_id AND s.tenant_id = $1 AND s.document_id = $2 \
            AND r.status IN ('not_started', 'generating')",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .bind::<Text, _>(error)
    .execute(conn)
    .await
    .map(drop)
}

/// No summaries are wanted any more: forgets those of a document that have no text yet.
pub async fn forget_unwritten(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<()> {
    diesel::sql_query(
        "DELETE FROM document_segment_summaries r USING document_segments s \
         WHERE s.id = r.chunk_id AND s.tenant_id = $1 AND s.document_id = $2 \
            AND r.status IN ('not_started', 'generating') AND coalesce(r.summary_content, '') = ''",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .execute(conn)
    .await
    .map(drop)
}

/// Puts a person's text in the place of a segment's summary; only its vector is missing then.
pub async fn write_own(conn: &mut AsyncPgConnection, segment: &Segment, text: &str) -> QueryResult<SegmentSummary> {
    let now = chrono::Utc::now().naive_utc();
    let known = summaries::table
        .filter(summaries::chunk_id.eq(segment.id))
        .filter(summaries::document_id.eq(segment.document_id));
    let written = || {
        (
            summaries::summary_content.eq(text),
            summaries::status.eq(SummaryStatus::Generating),
            summaries::error.eq(None::<String>),
            summaries::updated_at.eq(now),
        )
    };
    let changed = diesel::update(known)
        .set((written(), summaries::summary_index_node_id.eq(sql::<Nullable<Varchar>>(NODE))))
        .returning(SegmentSummary::as_returning())
        .get_results(conn)
        .await?;
    if let Some(changed) = changed.into_iter().next() {
        return Ok(changed);
    }
    diesel::insert_into(summaries::table)
        .values((
            summaries::id.eq(segment.id.0),
            summaries::dataset_id.eq(segment.dataset_id),
            summaries::document_id.eq(segment.document_id),
            summaries::chunk_id.eq(segment.id),
            summaries::summary_index_node_id.eq(Uuid::new_v4().to_string()),
            summaries::enabled.eq(true),
            summaries::created_at.eq(now),
            written(),
        ))
        .on_conflict(summaries::id)
        .do_update()
        .set(written())
        .returning(SegmentSummary::as_returning())
        .get_result(conn)
        .await
}

/// Documents with summaries that nobody goes on with: what another program left in an adopted database, and what
/// belonged to jobs that were given up or removed by hand. `kind`: the job that makes them.
pub async fn stranded(conn: &mut AsyncPgConnection, kind: &str, limit: i64) -> QueryResult<Vec<Stranded>> {
    diesel::sql_query(
        "SELECT d.tenant_id, d.id, (SELECT coalesce(j.last_error, 'The work on this document was given up.') FROM ferrify_jobs j \
            WHERE j.state = 'dead' AND j.kind = $1 AND j.payload ->> 'document' = d.id::text \
            ORDER BY j.updated_at DESC LIMIT 1) AS given_up \
         FROM documents d JOIN datasets o ON o.id = d.dataset_id AND o.tenant_id = d.tenant_id \
         WHERE d.id IN (SELECT r.document_id FROM document_segment_summaries r JOIN document_segments s ON s.id = r.chunk_id \
                WHERE r.status IN ('not_started', 'generating') AND s.enabled AND s.status = 'completed') \
            AND d.indexing_status = 'completed' AND d.enabled AND NOT d.archived AND d.doc_form <> 'qa_model' \
            AND o.indexing_technique = 'high_quality' \
            AND NOT EXISTS (SELECT 1 FROM ferrify_jobs j WHERE j.state <> 'dead' AND j.kind = $1 \
                AND j.payload ->> 'document' = d.id::text) \
         LIMIT $2",
    )
    .bind::<Text, _>(kind)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
