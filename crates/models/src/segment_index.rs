//! Segments on their way into the index, and as it finds them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Json, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::child_chunk::ChildChunk;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::document::Document;
use crate::schema::{child_chunks, document_segment_summaries as summaries, document_segments as segments, documents};
use crate::segment::Segment;
use crate::{DatasetId, DocumentId, SegmentId, SegmentStatus, TenantId};

/// The segments of a document are about to be put into the index.
pub async fn begin(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<()> {
    let now = chrono::Utc::now().naive_utc();
    let waiting = of(tenant, document).filter(segments::status.eq(SegmentStatus::Waiting));
    let set = (segments::status.eq(SegmentStatus::Indexing), segments::indexing_at.eq(now));
    diesel::update(waiting).set(set).execute(conn).await.map(drop)
}

/// The next segments that are not in the index yet, from a position on.
pub async fn next(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    after: i32,
    limit: i64,
) -> QueryResult<Vec<Segment>> {
    Segment::query()
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::document_id.eq(document))
        .filter(segments::status.ne(SegmentStatus::Completed))
        .filter(segments::position.gt(after))
        .order(segments::position)
        .limit(limit)
        .load(conn)
        .await
}

/// The segments that people see and search, from a position on: for rebuilding an index.
pub async fn next_available(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    after: i32,
    limit: i64,
) -> QueryResult<Vec<Segment>> {
    Segment::query()
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::document_id.eq(document))
        .filter(segments::status.eq(SegmentStatus::Completed))
        .filter(segments::enabled)
        .filter(segments::position.gt(after))
        .order(segments::position)
        .limit(limit)
        .load(conn)
        .await
}

/// What a segment costs in tokens and which keywords it has.
#[derive(Debug, Clone)]
pub struct Indexed {
    pub id: SegmentId,
    pub tokens: i32,
    /// A list of texts; `None` leaves what is there.
    pub keywords: Option<Value>,
}

/// These segments are in the index, provided that their document is still being indexed; otherwise `false`.
pub async fn done(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    indexed: &[Indexed],
) -> QueryResult<bool> {
    let ids: Vec<SegmentId> = indexed.iter().map(|one| one.id).collect();
    let tokens: Vec<i32> = indexed.iter().map(|one| one.tokens).collect();
    let keywords: Vec<Option<Value>> = indexed.iter().map(|one| one.keywords.clone()).collect();
    let moved = diesel::sql_query(
        "UPDATE document_segments s SET status = 'completed', enabled = true, tokens = g.tokens, \
            keywords = coalesce(g.keywords, s.keywords), error = NULL, \
            indexing_at = coalesce(s.indexing_at, timezone('utc', now())), completed_at = timezone('utc', now()) \
         FROM unnest($3::uuid[], $4::int[], $5::json[]) AS g(id, tokens, keywords) \
         WHERE s.tenant_id = $1 AND s.document_id = $2 AND s.id = g.id \
            AND EXISTS (SELECT 1 FROM documents d WHERE d.tenant_id = $1 AND d.id = $2 \
                AND d.indexing_status = 'indexing' AND d.is_paused IS DISTINCT FROM true)",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Integer>, _>(tokens)
    .bind::<Array<Nullable<Json>>, _>(keywords)
    .execute(conn)
    .await?;
    Ok(moved > 0 || indexed.is_empty())
}

/// Keeps what was found out about segments that are in the index already.
pub async fn describe(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    indexed: &[Indexed],
) -> QueryResult<()> {
    let ids: Vec<SegmentId> = indexed.iter().map(|one| one.id).collect();
    let tokens: Vec<i32> = indexed.iter().map(|one| one.tokens).collect();
    let keywords: Vec<Option<Value>> = indexed.iter().map(|one| one.keywords.clone()).collect();
    diesel::sql_query(
        "UPDATE document_segments s SET tokens = g.tokens, keywords = coalesce(g.keywords, s.keywords) \
         FROM unnest($3::uuid[], $4::int[], $5::json[]) AS g(id, tokens, keywords) \
         WHERE s.tenant_id = $1 AND s.document_id = $2 AND s.id = g.id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Integer>, _>(tokens)
    .bind::<Array<Nullable<Json>>, _>(keywords)
    .execute(conn)
    .await
    .map(drop)
}

/// Whether segments of the document are still to be put into the index for the first time.
pub async fn unfinished(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<bool> {
    let pending = [SegmentStatus::Waiting, SegmentStatus::Indexing];
    let found = of(tenant, document).filter(segments::status.eq_any(pending)).select(segments::id);
    diesel::select(diesel::dsl::exists(found)).get_result(conn).await
}

/// Removes all segments of a document with their children and summaries; under which ids the index may know them is
/// asked before.
pub async fn clear(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<()> {
    let summarised = segments::table
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::document_id.eq(document))
        .select(segments::id);
    diesel::delete(summaries::table.filter(summaries::chunk_id.eq_any(summarised))).execute(conn).await?;
    let children =
        child_chunks::table.filter(child_chunks::tenant_id.eq(tenant)).filter(child_chunks::document_id.eq(document));
    diesel::delete(children).execute(conn).await?;
    diesel::delete(of(tenant, document)).execute(conn).await.map(drop)
}

/// The segments of a document are of an earlier splitting from now on.
pub async fn outdated(conn: &mut AsyncPgConnection, tenant: TenantId, documents: &[DocumentId]) -> QueryResult<()> {
    let these = segments::table.filter(segments::tenant_id.eq(tenant)).filter(segments::document_id.eq_any(documents));
    diesel::update(these).set(segments::status.eq(SegmentStatus::ReSegment)).execute(conn).await.map(drop)
}

/// The sum of the tokens of a document's segments.
pub async fn tokens(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<i64> {
    let sum: Option<i64> = of(tenant, document).select(diesel::dsl::sum(segments::tokens)).first(conn).await?;
    Ok(sum.unwrap_or(0))
}

/// A segment that a search has found, with its document.
pub type Found = (Segment, Document);

/// The segments behind ids of the index, and those whose summaries were found, of any of the datasets: only those that may
/// be found, with their documents.
pub async fn found(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
    nodes: &[String],
    summarised: &[SegmentId],
) -> QueryResult<Vec<Found>> {
    segments::table
        .inner_join(documents::table.on(documents::id.eq(segments::document_id)))
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::dataset_id.eq_any(datasets))
        .filter(segments::index_node_id.eq_any(nodes).or(segments::id.eq_any(summarised)))
        .filter(segments::enabled)
        .filter(segments::status.eq(SegmentStatus::Completed))
        .filter(documents::enabled)
        .filter(documents::archived.eq(false))
        .select((Segment::as_select(), Document::as_select()))
        .load(conn)
        .await
}

/// The parents of children that a search has found, with the children.
pub async fn parents_found(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
    nodes: &[String],
) -> QueryResult<Vec<(ChildChunk, Segment, Document)>> {
    child_chunks::table
        .inner_join(segments::table.on(segments::id.eq(child_chunks::segment_id)))
        .inner_join(documents::table.on(documents::id.eq(segments::document_id)))
        .filter(child_chunks::tenant_id.eq(tenant))
        .filter(child_chunks::dataset_id.eq_any(datasets))
        .filter(child_chunks::index_node_id.eq_any(nodes))
        .filter(segments::tenant_id.eq(tenant))
        .filter(segments::enabled)
        .filter(segments::status.eq(SegmentStatus::Completed))
        .filter(documents::enabled)
        .filter(documents::archived.eq(false))
        .select((ChildChunk::as_select(), Segment::as_select(), Document::as_select()))
        .load(conn)
        .await
}

/// Counts that segments were found.
pub async fn count_hits(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[SegmentId]) -> QueryResult<()> {
    let these = segments::table.filter(segments::tenant_id.eq(tenant)).filter(segments::id.eq_any(ids));
    diesel::update(these).set(segments::hit_count.eq(segments::hit_count + 1)).execute(conn).await.map(drop)
}

/// Counts how often segments of any workspaces were found.
pub async fn add_hits(conn: &mut AsyncPgConnection, hits: &[(TenantId, SegmentId, i32)]) -> QueryResult<()> {
    if hits.is_empty() {
        return Ok(());
    }
    let tenants: Vec<TenantId> = hits.iter().map(|hit| hit.0).collect();
    let ids: Vec<SegmentId> = hits.iter().map(|hit| hit.1).collect();
    let counts: Vec<i32> = hits.iter().map(|hit| hit.2).collect();
    diesel::sql_query(
        "UPDATE document_segments s SET hit_count = s.hit_count + n.hits \
         FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n(tenant, id, hits) \
         WHERE s.id = n.id AND s.tenant_id = n.tenant",
    )
    .bind::<Array<SqlUuid>, _>(tenants)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Integer>, _>(counts)
    .execute(conn)
    .await
    .map(drop)
}

/// Under which ids a document is in the index: its segments' and their children's.
pub async fn nodes(conn: &mut AsyncPgConnection, tenant: TenantId, document: DocumentId) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Node {
        #[diesel(sql_type = Text)]
        node: String,
    }
    let nodes: Vec<Node> = diesel::sql_query(
        "SELECT index_node_id AS node FROM document_segments WHERE tenant_id = $1 AND document_id = $2 AND index_node_id IS NOT NULL \
         UNION ALL SELECT index_node_id FROM child_chunks WHERE tenant_id = $1 AND document_id = $2 AND index_node_id IS NOT NULL",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(document)
    .load(conn)
    .await?;
    Ok(nodes.into_iter().map(|row| row.node).collect())
}

/// How many segments a dataset has that may be found.
pub async fn available(conn: &mut AsyncPgConnection, tenant: TenantId, dataset: DatasetId) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count: Count = diesel::sql_query(
        "SELECT count(*) AS count FROM document_segments WHERE tenant_id = $1 AND dataset_id = $2 AND enabled AND status = 'completed'",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .get_result(conn)
    .await?;
    Ok(count.count)
}

#[diesel::dsl::auto_type]
fn of(tenant: TenantId, document: DocumentId) -> _ {
    segments::table.filter(segments::tenant_id.eq(tenant)).filter(segments::document_id.eq(document))
}
