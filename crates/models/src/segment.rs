//! Segments: the chunks of a document that are found.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::document_segments as segments;
use crate::{DatasetId, DocumentId, SegmentId, SegmentStatus, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = segments, check_for_backend(diesel::pg::Pg))]
pub struct Segment {
    pub id: SegmentId,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
    pub document_id: DocumentId,
    /// In its document, from 1.
    pub position: i32,
    pub content: String,
    /// Of a question.
    pub answer: Option<String>,
    /// Characters.
    pub word_count: i32,
    pub tokens: i32,
    /// A list of texts.
    pub keywords: Option<Value>,
    /// Under which it is in the index.
    pub index_node_id: Option<String>,
    pub index_node_hash: Option<String>,
    pub hit_count: i32,
    pub enabled: bool,
    pub disabled_at: Option<NaiveDateTime>,
    pub disabled_by: Option<Uuid>,
    pub status: SegmentStatus,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<Uuid>,
    pub updated_at: NaiveDateTime,
    pub indexing_at: Option<NaiveDateTime>,
    pub completed_at: Option<NaiveDateTime>,
    pub error: Option<String>,
    pub stopped_at: Option<NaiveDateTime>,
}

/// What changes in a segment; `None` leaves a column as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = segments)]
pub struct SegmentChanges {
    pub content: Option<String>,
    pub answer: Option<Option<String>>,
    pub word_count: Option<i32>,
    pub tokens: Option<i32>,
    pub keywords: Option<Option<Value>>,
    pub index_node_hash: Option<String>,
    pub enabled: Option<bool>,
    pub disabled_at: Option<Option<NaiveDateTime>>,
    pub disabled_by: Option<Option<Uuid>>,
    pub status: Option<SegmentStatus>,
    pub indexing_at: Option<NaiveDateTime>,
    pub completed_at: Option<NaiveDateTime>,
    pub error: Option<Option<String>>,
    pub stopped_at: Option<Option<NaiveDateTime>>,
    pub updated_by: Option<Uuid>,
    pub updated_at: Option<NaiveDateTime>,
}

impl Segment {
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
        id: SegmentId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .filter(segments::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// Those of `ids` that are segments of the document.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
        ids: &[SegmentId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .filter(segments::id.eq_any(ids))
            .order((segments::position, segments::id))
            .load(conn)
            .await
    }

    /// The highest position in a document; 0 while it has none.
    pub async fn last_position(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
    ) -> QueryResult<i32> {
        let last: Option<i32> = segments::table
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .select(diesel::dsl::max(segments::position))
            .first(conn)
            .await?;
        Ok(last.unwrap_or(0))
    }

    /// One statement for each 1,000 rows: a row has many parameters.
    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        for rows in new.chunks(1_000) {
            diesel::insert_into(segments::table).values(rows).execute(conn).await?;
        }
        Ok(())
    }

    /// The row as it is afterwards; `None` if there is none.
    pub async fn change(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
        id: SegmentId,
        changes: &SegmentChanges,
    ) -> QueryResult<Option<Self>> {
        let one = segments::table
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .filter(segments::id.eq(id));
        diesel::update(one).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }

    /// The same columns for several.
    pub async fn change_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
        ids: &[SegmentId],
        changes: &SegmentChanges,
    ) -> QueryResult<usize> {
        let these = segments::table
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .filter(segments::id.eq_any(ids));
        diesel::update(these).set(changes).execute(conn).await
    }

    /// Removes segments of a document; those that were there.
    pub async fn delete_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        document: DocumentId,
        ids: &[SegmentId],
    ) -> QueryResult<Vec<Self>> {
        let gone = segments::table
            .filter(segments::tenant_id.eq(tenant))
            .filter(segments::document_id.eq(document))
            .filter(segments::id.eq_any(ids));
        diesel::delete(gone).returning(Self::as_returning()).load(conn).await
    }
}
