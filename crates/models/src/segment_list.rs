//! The segments of a document, a page at a time.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::document_segments as segments;
use crate::segment::Segment;
use crate::{DocumentId, SegmentStatus, TenantId};

#[derive(Debug, Default)]
pub struct SegmentFilter<'a> {
    /// Any of these; empty = all.
    pub status: &'a [SegmentStatus],
    /// Part of the content, any case.
    pub keyword: Option<&'a str>,
    pub enabled: Option<bool>,
    pub hit_count_gte: Option<i32>,
}

fn filtered<'a>(tenant: TenantId, document: DocumentId, filter: &'a SegmentFilter<'a>) -> segments::BoxedQuery<'a, Pg> {
    let mut query =
        segments::table.filter(segments::tenant_id.eq(tenant)).filter(segments::document_id.eq(document)).into_boxed();
    if !filter.status.is_empty() {
        query = query.filter(segments::status.eq_any(filter.status));
    }
    if let Some(keyword) = filter.keyword {
        query = query.filter(segments::content.ilike(crate::like::containing(keyword)));
    }
    if let Some(enabled) = filter.enabled {
        query = query.filter(segments::enabled.eq(enabled));
    }
    if let Some(hits) = filter.hit_count_gte {
        query = query.filter(segments::hit_count.ge(hits));
    }
    query
}

/// A page in the order of positions, and how many there are in all.
pub async fn page(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    document: DocumentId,
    filter: &SegmentFilter<'_>,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<Segment>, i64)> {
    let rows: Vec<(Segment, i64)> = filtered(tenant, document, filter)
        .select((Segment::as_select(), sql::<BigInt>("count(*) OVER ()")))
        .order((segments::position, segments::id))
        .limit(limit)
        .offset(offset)
        .load(conn)
        .await?;
    let total = match rows.as_slice() {
        [(_, total), ..] => *total,
        // Beyond the last page the window has no row to ride on.
        [] if offset > 0 => filtered(tenant, document, filter).count().get_result(conn).await?,
        [] => 0,
    };
    Ok((rows.into_iter().map(|(segment, _)| segment).collect(), total))
}
