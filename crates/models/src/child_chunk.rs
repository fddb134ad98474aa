//! Child chunks: the small pieces by which a parent segment is found.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::child_chunks as chunks;
use crate::{ChildChunkId, ChildChunkType, DatasetId, DocumentId, SegmentId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = chunks, check_for_backend(diesel::pg::Pg))]
pub struct ChildChunk {
    pub id: ChildChunkId,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
    pub document_id: DocumentId,
    pub segment_id: SegmentId,
    /// In its segment, from 1.
    pub position: i32,
    pub content: String,
    /// Characters.
    pub word_count: i32,
    pub index_node_id: Option<String>,
    pub index_node_hash: Option<String>,
    #[diesel(column_name = type_)]
    pub kind: ChildChunkType,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<Uuid>,
    pub updated_at: NaiveDateTime,
    pub indexing_at: Option<NaiveDateTime>,
    pub completed_at: Option<NaiveDateTime>,
    pub error: Option<String>,
}

/// What a person changes in a child.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = chunks)]
pub struct ChildChunkChanges {
    pub content: String,
    pub word_count: i32,
    pub index_node_hash: String,
    #[diesel(column_name = type_)]
    pub kind: ChildChunkType,
    pub updated_by: Uuid,
    pub updated_at: NaiveDateTime,
}

impl ChildChunk {
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segment: SegmentId,
        id: ChildChunkId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(chunks::tenant_id.eq(tenant))
            .filter(chunks::segment_id.eq(segment))
            .filter(chunks::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// The children of several segments, in the order of their positions.
    pub async fn of_segments(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segments: &[SegmentId],
    ) -> QueryResult<Vec<Self>> {
        if segments.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(chunks::tenant_id.eq(tenant))
            .filter(chunks::segment_id.eq_any(segments))
            .order((chunks::segment_id, chunks::position, chunks::id))
            .load(conn)
            .await
    }

    /// A page in the order of positions, and how many there are in all.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segment: SegmentId,
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let filtered = || {
            let query = chunks::table
                .filter(chunks::tenant_id.eq(tenant))
                .filter(chunks::segment_id.eq(segment))
                .into_boxed::<diesel::pg::Pg>();
            match keyword {
                Some(keyword) => query.filter(chunks::content.ilike(crate::like::containing(keyword))),
                None => query,
            }
        };
        let rows: Vec<(Self, i64)> = filtered()
            .select((Self::as_select(), sql::<BigInt>("count(*) OVER ()")))
            .order((chunks::position, chunks::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        let total = match rows.as_slice() {
            [(_, total), ..] => *total,
            [] if offset > 0 => filtered().count().get_result(conn).await?,
            [] => 0,
        };
        Ok((rows.into_iter().map(|(chunk, _)| chunk).collect(), total))
    }

    /// The highest position in a segment; 0 while it has none.
    pub async fn last_position(conn: &mut AsyncPgConnection, tenant: TenantId, segment: SegmentId) -> QueryResult<i32> {
        let last: Option<i32> = chunks::table
            .filter(chunks::tenant_id.eq(tenant))
            .filter(chunks::segment_id.eq(segment))
            .select(diesel::dsl::max(chunks::position))
            .first(conn)
            .await?;
        Ok(last.unwrap_or(0))
    }

    /// One statement for each 2,000 rows: a row has many parameters.
    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        for rows in new.chunks(2_000) {
            diesel::insert_into(chunks::table).values(rows).execute(conn).await?;
        }
        Ok(())
    }

    pub async fn change(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segment: SegmentId,
        id: ChildChunkId,
        changes: &ChildChunkChanges,
    ) -> QueryResult<Option<Self>> {
        let one = chunks::table
            .filter(chunks::tenant_id.eq(tenant))
            .filter(chunks::segment_id.eq(segment))
            .filter(chunks::id.eq(id));
        diesel::update(one).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }

    /// Removes children of segments; those that were there.
    pub async fn delete_of_segments(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segments: &[SegmentId],
    ) -> QueryResult<Vec<Self>> {
        let gone = chunks::table.filter(chunks::tenant_id.eq(tenant)).filter(chunks::segment_id.eq_any(segments));
        diesel::delete(gone).returning(Self::as_returning()).load(conn).await
    }

    /// Removes single children of a segment; those that were there.
    pub async fn delete_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        segment: SegmentId,
        ids: &[ChildChunkId],
    ) -> QueryResult<Vec<Self>> {
        let gone = chunks::table
            .filter(chunks::tenant_id.eq(tenant))
            .filter(chunks::segment_id.eq(segment))
            .filter(chunks::id.eq_any(ids));
        diesel::delete(gone).returning(Self::as_returning()).load(conn).await
    }
}
