//! Pictures that belong to segments.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{segment_attachment_bindings as bindings, upload_files};
use crate::segment::Segment;
use crate::upload_file::UploadFile;
use crate::{DatasetId, DocumentId, SegmentId, TenantId, UploadFileId};

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = bindings)]
pub struct Attachment {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub dataset_id: DatasetId,
    pub document_id: DocumentId,
    pub segment_id: SegmentId,
    pub attachment_id: UploadFileId,
    pub created_at: NaiveDateTime,
}

impl Attachment {
    pub fn new(segment: &Segment, file: UploadFileId) -> Self {
        Self {
            id: Uuid::new_v4(),
            tenant_id: segment.tenant_id,
            dataset_id: segment.dataset_id,
            document_id: segment.document_id,
            segment_id: segment.id,
            attachment_id: file,
            created_at: chrono::Utc::now().naive_utc(),
        }
    }
}

pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Attachment]) -> QueryResult<()> {
    for rows in new.chunks(5_000) {
        diesel::insert_into(bindings::table).values(rows).execute(conn).await?;
    }
    Ok(())
}

/// Makes these all that the segment has.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    segment: SegmentId,
    new: &[Attachment],
) -> QueryResult<()> {
    delete(conn, tenant, &[segment]).await?;
    insert_all(conn, new).await
}

pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, segments: &[SegmentId]) -> QueryResult<()> {
    let gone = bindings::table.filter(bindings::tenant_id.eq(tenant)).filter(bindings::segment_id.eq_any(segments));
    diesel::delete(gone).execute(conn).await.map(drop)
}

/// The files of several segments.
pub async fn of_segments(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    segments: &[SegmentId],
) -> QueryResult<Vec<(SegmentId, UploadFile)>> {
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    bindings::table
        .inner_join(upload_files::table.on(upload_files::id.eq(bindings::attachment_id)))
        .filter(bindings::tenant_id.eq(tenant))
        .filter(upload_files::tenant_id.eq(tenant))
        .filter(bindings::segment_id.eq_any(segments))
        .order((bindings::created_at, bindings::id))
        .select((bindings::segment_id, UploadFile::as_select()))
        .load(conn)
        .await
}
