//! What moving the vectors of datasets from one store to another needs of the rows. An operator's work: it goes through
//! the workspaces, not for one of them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamp, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::dataset::Dataset;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::datasets;
use crate::{DatasetId, DatasetProvider, DocumentId, IndexingTechnique, TenantId};

/// The dataset of this id, of whatever workspace.
pub async fn find(conn: &mut AsyncPgConnection, id: DatasetId) -> QueryResult<Option<Dataset>> {
    Dataset::query().filter(datasets::id.eq(id)).first(conn).await.optional()
}

/// The next datasets with vectors behind `after`, by id, of all workspaces.
pub async fn page(conn: &mut AsyncPgConnection, after: Option<DatasetId>, limit: i64) -> QueryResult<Vec<DatasetId>> {
    let mut found = datasets::table
        .filter(datasets::indexing_technique.eq(IndexingTechnique::HighQuality))
        .filter(datasets::provider.ne(DatasetProvider::External))
        .filter(datasets::index_struct.is_not_null())
        .order(datasets::id)
        .limit(limit)
        .select(datasets::id)
        .into_boxed();
    if let Some(after) = after {
        found = found.filter(datasets::id.gt(after));
    }
    found.load(conn).await
}

/// Documents on their way into the index of `$1`, and jobs that change it.
const BUSY: &str = "(EXISTS (SELECT 1 FROM documents d WHERE d.dataset_id = $1 AND d.is_paused IS DISTINCT FROM true \
        AND d.indexing_status IN ('waiting', 'parsing', 'cleaning', 'splitting', 'indexing')) \
    OR EXISTS (SELECT 1 FROM ferrify_jobs j WHERE j.state <> 'dead' AND (j.payload ->> 'dataset' = $1::text \
        OR j.payload ->> 'document' IN (SELECT d.id::text FROM documents d WHERE d.dataset_id = $1))))";

/// Changes with everything of `$1` that its index is made of.
const STATE: &str = "(SELECT concat_ws(' ', \
    (SELECT count(*) || '/' || coalesce(max(updated_at)::text, '') FROM documents WHERE dataset_id = $1), \
    (SELECT count(*) || '/' || coalesce(max(updated_at)::text, '') FROM document_segments WHERE dataset_id = $1), \
    (SELECT count(*) || '/' || coalesce(max(updated_at)::text, '') FROM child_chunks WHERE dataset_id = $1), \
    (SELECT count(*) || '/' || coalesce(max(updated_at)::text, '') FROM document_segment_summaries WHERE dataset_id = $1)))";

/// A dataset at one moment.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Moment {
    /// By the database's clock.
    #[diesel(sql_type = Timestamp)]
    pub at: NaiveDateTime,
    /// Something of it is on its way into the index, or out of it.
    #[diesel(sql_type = Bool)]
    pub is_busy: bool,
    /// Another text when anything has changed.
    #[diesel(sql_type = Text)]
    pub state: String,
}

pub async fn moment(conn: &mut AsyncPgConnection, id: DatasetId) -> QueryResult<Moment> {
    diesel::sql_query(format!("SELECT timezone('utc', now()) AS at, {BUSY} AS is_busy, {STATE} AS state"))
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .await
}

/// Says that the vectors are elsewhere, provided that they are where they were, and that nothing has changed since the
/// moment or is about to change.
pub async fn switch(
    conn: &mut AsyncPgConnection,
    dataset: &Dataset,
    since: &Moment,
    index_struct: &str,
) -> QueryResult<bool> {
    let moved = diesel::sql_query(format!(
        "UPDATE datasets SET index_struct = $4 WHERE id = $1 AND tenant_id = $2 AND index_struct = $3 \
            AND NOT {BUSY} AND {STATE} = $5"
    ))
    .bind::<SqlUuid, _>(dataset.id)
    .bind::<SqlUuid, _>(dataset.tenant_id)
    .bind::<Text, _>(dataset.index_struct.as_deref().unwrap_or_default())
    .bind::<Text, _>(index_struct)
    .bind::<Text, _>(&since.state)
    .execute(conn)
    .await?;
    Ok(moved > 0)
}

/// The completed documents of a dataset in which something has changed since then.
pub async fn changed_since(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    since: NaiveDateTime,
) -> QueryResult<Vec<DocumentId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: DocumentId,
    }
    let found: Vec<Id> = diesel::sql_query(
        "SELECT d.id FROM documents d WHERE d.tenant_id = $1 AND d.dataset_id = $2 AND d.indexing_status = 'completed' AND ( \
            d.updated_at > $3 \
            OR EXISTS (SELECT 1 FROM document_segments s WHERE s.document_id = d.id AND s.updated_at > $3) \
            OR EXISTS (SELECT 1 FROM child_chunks c WHERE c.document_id = d.id AND c.updated_at > $3) \
            OR EXISTS (SELECT 1 FROM document_segment_summaries r WHERE r.document_id = d.id AND r.updated_at > $3))",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(dataset)
    .bind::<Timestamp, _>(since)
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}
