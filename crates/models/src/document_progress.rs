//! How indexing changes a document.
//!
//! Every step is one statement that is true only while the document is where the step expects it and is not paused:
//! whoever gets `false` has nothing more to do with it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::document::Document;
use crate::schema::documents;
use crate::{DatasetId, DocumentId, IndexingStatus, ProcessRuleId, TenantId};

/// Everything that belongs to a document's way to the index, as it begins anew.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = documents, treat_none_as_null = true)]
struct Anew {
    indexing_status: IndexingStatus,
    processing_started_at: Option<NaiveDateTime>,
    parsing_completed_at: Option<NaiveDateTime>,
    cleaning_completed_at: Option<NaiveDateTime>,
    splitting_completed_at: Option<NaiveDateTime>,
    completed_at: Option<NaiveDateTime>,
    indexing_latency: Option<f64>,
    error: Option<String>,
    stopped_at: Option<NaiveDateTime>,
    is_paused: bool,
    updated_at: NaiveDateTime,
}

impl Anew {
    fn at(now: NaiveDateTime) -> Self {
        Self {
            indexing_status: IndexingStatus::Waiting,
            processing_started_at: None,
            parsing_completed_at: None,
            cleaning_completed_at: None,
            splitting_completed_at: None,
            completed_at: None,
            indexing_latency: None,
            error: None,
            stopped_at: None,
            is_paused: false,
            updated_at: now,
        }
    }
}

/// What a document becomes when it is replaced.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = documents)]
pub struct Replacement {
    pub name: Option<String>,
    pub data_source_info: Option<String>,
    pub dataset_process_rule_id: Option<ProcessRuleId>,
    pub batch: Option<String>,
    pub created_from: Option<crate::document::CreatedFrom>,
    pub doc_language: Option<String>,
    pub need_summary: Option<bool>,
    pub created_at: Option<NaiveDateTime>,
}

/// Puts documents back to the beginning, in other words or in the same.
pub async fn begin_again(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    ids: &[DocumentId],
    replacement: Option<&Replacement>,
) -> QueryResult<()> {
    let these = || documents::table.filter(documents::tenant_id.eq(tenant)).filter(documents::id.eq_any(ids));
    let anew = Anew::at(chrono::Utc::now().naive_utc());
    match replacement {
        Some(replacement) => diesel::update(these()).set((anew, replacement)).execute(conn).await.map(drop),
        None => diesel::update(these()).set(anew).execute(conn).await.map(drop),
    }
}

/// Who reads and splits a document: later steps ask for it, so that only one goes on where two had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(NaiveDateTime);

/// The text is about to be read, by whoever holds the mark.
pub async fn parsing(conn: &mut AsyncPgConnection, tenant: TenantId, id: DocumentId) -> QueryResult<Option<Mark>> {
    let now = chrono::Utc::now().naive_utc();
    let from = [IndexingStatus::Waiting, IndexingStatus::Parsing, IndexingStatus::Cleaning, IndexingStatus::Splitting];
    let set = (documents::indexing_status.eq(IndexingStatus::Parsing), documents::processing_started_at.eq(now));
    let moved = diesel::update(unpaused(tenant, id).filter(documents::indexing_status.eq_any(from)));
    // As it was stored: Postgres keeps microseconds.
    let stored: Option<Option<NaiveDateTime>> =
        moved.set(set).returning(documents::processing_started_at).get_result(conn).await.optional()?;
    Ok(stored.flatten().map(Mark))
}

/// The text comes and is split.
pub async fn splitting(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DocumentId,
    mark: Mark,
) -> QueryResult<bool> {
    let now = chrono::Utc::now().naive_utc();
    let set = (documents::indexing_status.eq(IndexingStatus::Splitting), documents::parsing_completed_at.eq(now));
    let moved = diesel::update(
        unpaused(tenant, id)
            .filter(documents::indexing_status.eq(IndexingStatus::Parsing))
            .filter(documents::processing_started_at.eq(mark.0)),
    );
    Ok(moved.set(set).execute(conn).await? > 0)
}

/// Whether whoever holds the mark may write segments, and keeps others from taking the document until the transaction
/// ends.
pub async fn may_write(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DocumentId,
    mark: Mark,
) -> QueryResult<bool> {
    let held: Option<DocumentId> = documents::table
        .filter(documents::tenant_id.eq(tenant))
        .filter(documents::id.eq(id))
        .filter(documents::is_paused.is_distinct_from(true))
        .filter(documents::indexing_status.eq(IndexingStatus::Splitting))
        .filter(documents::processing_started_at.eq(mark.0))
        .select(documents::id)
        .for_share()
        .first(conn)
        .await
        .optional()?;
    Ok(held.is_some())
}

/// All segments are there; they are about to be put into the index. `words`: characters of all segments.
pub async fn indexing(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DocumentId,
    mark: Mark,
    words: i32,
) -> QueryResult<bool> {
    let now = chrono::Utc::now().naive_utc();
    let set = (
        documents::indexing_status.eq(IndexingStatus::Indexing),
        documents::cleaning_completed_at.eq(now),
        documents::splitting_completed_at.eq(now),
        documents::word_count.eq(words),
    );
    let moved = diesel::update(
        unpaused(tenant, id)
            .filter(documents::indexing_status.eq(IndexingStatus::Splitting))
            .filter(documents::processing_started_at.eq(mark.0)),
    );
    Ok(moved.set(set).execute(conn).await? > 0)
}

/// Everything is in the index.
pub async fn completed(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DocumentId,
    tokens: i32,
) -> QueryResult<bool> {
    let moved = diesel::sql_query(
        "UPDATE documents SET indexing_status = 'completed', tokens = $3, completed_at = timezone('utc', now()), \
            indexing_latency = extract(epoch FROM timezone('utc', now()) - processing_started_at)::float8, error = NULL, \
            updated_at = timezone('utc', now()) \
         WHERE tenant_id = $1 AND id = $2 AND indexing_status = 'indexing' AND is_paused IS DISTINCT FROM true",
    )
    .bind::<diesel::sql_types::Uuid, _>(tenant)
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Integer, _>(tokens)
    .execute(conn)
    .await?;
    Ok(moved > 0)
}

/// The available documents of a dataset are put into its index anew, and those that are on their way into it.
pub async fn reindexing(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
) -> QueryResult<Vec<DocumentId>> {
    let available = documents::indexing_status
        .eq(IndexingStatus::Completed)
        .and(documents::enabled)
        .and(documents::archived.eq(false));
    let these = documents::table
        .filter(documents::tenant_id.eq(tenant))
        .filter(documents::dataset_id.eq(dataset))
        .filter(available.or(documents::indexing_status.eq(IndexingStatus::Indexing)));
    diesel::update(these)
        .set(documents::indexing_status.eq(IndexingStatus::Indexing))
        .returning(documents::id)
        .get_results(conn)
        .await
}

/// It cannot be indexed.
pub async fn failed(conn: &mut AsyncPgConnection, tenant: TenantId, id: DocumentId, error: &str) -> QueryResult<bool> {
    let now = chrono::Utc::now().naive_utc();
    let set = (
        documents::indexing_status.eq(IndexingStatus::Error),
        documents::error.eq(error),
        documents::stopped_at.eq(now),
        documents::updated_at.eq(now),
    );
    let ended = [IndexingStatus::Completed, IndexingStatus::Error];
    let one = documents::table.filter(documents::tenant_id.eq(tenant)).filter(documents::id.eq(id));
    let moved = diesel::update(one.filter(documents::indexing_status.ne_all(ended)));
    Ok(moved.set(set).execute(conn).await? > 0)
}

/// The document, whatever its dataset, if indexing may go on with it.
pub async fn in_work(conn: &mut AsyncPgConnection, tenant: TenantId, id: DocumentId) -> QueryResult<Option<Document>> {
    Document::query()
        .filter(documents::tenant_id.eq(tenant))
        .filter(documents::id.eq(id))
        .filter(documents::is_paused.is_distinct_from(true))
        .filter(documents::indexing_status.ne_all([IndexingStatus::Completed, IndexingStatus::Error]))
        .first(conn)
        .await
        .optional()
}

/// A document that is on its way to the index and that no job moves on.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Stranded {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub tenant_id: TenantId,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: DocumentId,
    /// Its job was given up, for this reason.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub given_up: Option<String>,
}

/// Documents that nobody moves on: what another program left in an adopted database, and what belonged to jobs that were
/// given up or removed by hand. `kinds`: the jobs that move documents on.
pub async fn stranded(conn: &mut AsyncPgConnection, kinds: &[&str], limit: i64) -> QueryResult<Vec<Stranded>> {
    diesel::sql_query(
        "SELECT d.tenant_id, d.id, (SELECT coalesce(j.last_error, 'The work on this document was given up.') FROM ferrify_jobs j \
            WHERE j.state = 'dead' AND j.kind = ANY($1) AND j.payload ->> 'document' = d.id::text \
            ORDER BY j.updated_at DESC LIMIT 1) AS given_up \
         FROM documents d WHERE d.indexing_status IN ('waiting', 'parsing', 'cleaning', 'splitting', 'indexing') \
            AND d.is_paused IS DISTINCT FROM true AND d.data_source_type = 'upload_file' \
            AND NOT EXISTS (SELECT 1 FROM ferrify_jobs j WHERE j.state <> 'dead' AND j.kind = ANY($1) \
                AND j.payload ->> 'document' = d.id::text) \
         LIMIT $2",
    )
    .bind::<diesel::sql_types::Array<diesel::sql_types::Text>, _>(kinds)
    .bind::<diesel::sql_types::BigInt, _>(limit)
    .load(conn)
    .await
}

#[diesel::dsl::auto_type]
fn unpaused(tenant: TenantId, id: DocumentId) -> _ {
    documents::table
        .filter(documents::tenant_id.eq(tenant))
        .filter(documents::id.eq(id))
        .filter(documents::is_paused.is_distinct_from(true))
}
