//! The documents of a dataset, a page at a time.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::document::Document;
use crate::schema::documents;
use crate::{DatasetId, DocumentId, IndexingStatus, TenantId};

text_enum! {
    /// How a document is doing, as people see it.
    DisplayStatus {
        Queuing => "queuing",
        Paused => "paused",
        Indexing => "indexing",
        Error => "error",
        Available => "available",
        Disabled => "disabled",
        Archived => "archived",
    }
}

impl Document {
    /// How it is doing; `None` for a status that this release does not know.
    pub fn display_status(&self) -> Option<DisplayStatus> {
        let paused = self.is_paused == Some(true);
        match self.indexing_status {
            IndexingStatus::Waiting => Some(DisplayStatus::Queuing),
            IndexingStatus::Parsing
            | IndexingStatus::Cleaning
            | IndexingStatus::Splitting
            | IndexingStatus::Indexing => Some(if paused { DisplayStatus::Paused } else { DisplayStatus::Indexing }),
            IndexingStatus::Error => Some(DisplayStatus::Error),
            IndexingStatus::Completed if self.archived => Some(DisplayStatus::Archived),
            IndexingStatus::Completed if self.enabled => Some(DisplayStatus::Available),
            IndexingStatus::Completed => Some(DisplayStatus::Disabled),
            IndexingStatus::Unknown => None,
        }
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DocumentOrder {
    #[default]
    Newest,
    Oldest,
    MostHit,
    LeastHit,
}

#[derive(Debug, Default)]
pub struct DocumentFilter<'a> {
    /// Part of the name, any case.
    pub name: Option<&'a str>,
    pub status: Option<DisplayStatus>,
}

fn filtered<'a>(tenant: TenantId, dataset: DatasetId, filter: &'a DocumentFilter<'a>) -> documents::BoxedQuery<'a, Pg> {
    let mut query =
        documents::table.filter(documents::tenant_id.eq(tenant)).filter(documents::dataset_id.eq(dataset)).into_boxed();
    if let Some(name) = filter.name {
        query = query.filter(documents::name.ilike(crate::like::containing(name)));
    }
    let completed = documents::indexing_status.eq(IndexingStatus::Completed);
    let under_way = documents::indexing_status.eq_any(IndexingStatus::UNDER_WAY);
    let paused = documents::is_paused.is_not_distinct_from(true);
    match filter.status {
        Some(DisplayStatus::Queuing) => query.filter(documents::indexing_status.eq(IndexingStatus::Waiting)),
        Some(DisplayStatus::Paused) => query.filter(under_way).filter(paused),
        Some(DisplayStatus::Indexing) => query.filter(under_way).filter(documents::is_paused.is_distinct_from(true)),
        Some(DisplayStatus::Error) => query.filter(documents::indexing_status.eq(IndexingStatus::Error)),
        Some(DisplayStatus::Available) => {
            query.filter(completed).filter(documents::enabled).filter(documents::archived.eq(false))
        }
        Some(DisplayStatus::Disabled) => {
            query.filter(completed).filter(documents::enabled.eq(false)).filter(documents::archived.eq(false))
        }
        Some(DisplayStatus::Archived) => query.filter(completed).filter(documents::archived),
        Some(DisplayStatus::Unknown) | None => query,
    }
}

/// A page and how many there are in all.
pub async fn page(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    filter: &DocumentFilter<'_>,
    order: DocumentOrder,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<Document>, i64)> {
    // Per document by its index: only the rows of this dataset are summed.
    const HITS: &str =
        "(SELECT coalesce(sum(s.hit_count), 0) FROM document_segments s WHERE s.document_id = documents.id)";
    let query = filtered(tenant, dataset, filter);
    let query = match order {
        DocumentOrder::Newest => query.order((documents::created_at.desc(), documents::position.desc())),
        DocumentOrder::Oldest => query.order((documents::created_at.asc(), documents::position.asc())),
        DocumentOrder::MostHit => {
            query.order((sql::<BigInt>(HITS).desc(), documents::created_at.desc(), documents::position.desc()))
        }
        DocumentOrder::LeastHit => {
            query.order((sql::<BigInt>(HITS).asc(), documents::created_at.desc(), documents::position.desc()))
        }
    };
    let rows: Vec<(Document, i64)> = query
        .select((Document::as_select(), sql::<BigInt>("count(*) OVER ()")))
        .limit(limit)
        .offset(offset)
        .load(conn)
        .await?;
    let total = match rows.as_slice() {
        [(_, total), ..] => *total,
        // Beyond the last page the window has no row to ride on.
        [] if offset > 0 => filtered(tenant, dataset, filter).count().get_result(conn).await?,
        [] => 0,
    };
    Ok((rows.into_iter().map(|(document, _)| document).collect(), total))
}

/// What the segments of a document add up to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SegmentSums {
    #[diesel(sql_type = SqlUuid)]
    pub document_id: DocumentId,
    #[diesel(sql_type = BigInt)]
    pub hits: i64,
    /// All segments.
    #[diesel(sql_type = BigInt)]
    pub segments: i64,
    /// Of which are done; those of an earlier splitting are not counted.
    #[diesel(sql_type = BigInt)]
    pub completed: i64,
    /// Without those of an earlier splitting.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
}

/// For several documents of a workspace; a document without segments has no row.
pub async fn segment_sums(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> QueryResult<Vec<SegmentSums>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    diesel::sql_query(
        "SELECT document_id, coalesce(sum(hit_count), 0)::bigint AS hits, count(*) AS segments, \
            count(*) FILTER (WHERE completed_at IS NOT NULL AND status <> 're_segment') AS completed, \
            count(*) FILTER (WHERE status <> 're_segment') AS total \
         FROM document_segments WHERE tenant_id = $1 AND document_id = ANY($2) GROUP BY document_id",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<SqlUuid>, _>(documents)
    .load(conn)
    .await
}
