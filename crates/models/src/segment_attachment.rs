//! Pictures that belong to segments.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::document::Document;
use crate::schema::{document_segments, documents, segment_attachment_bindings as bindings, upload_files};
use crate::segment::Segment;
use crate::upload_file::UploadFile;
use crate::{DatasetId, DocumentId, SegmentId, SegmentStatus, TenantId, UploadFileId};

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

/// Makes these all that the segment has; the ids of the bindings that went.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    segment: SegmentId,
    new: &[Attachment],
) -> QueryResult<Vec<Uuid>> {
    let gone = delete(conn, tenant, &[segment]).await?;
    insert_all(conn, new).await?;
    Ok(gone)
}

/// The ids of the bindings that went: entries of an index have them.
pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, segments: &[SegmentId]) -> QueryResult<Vec<Uuid>> {
    let gone = bindings::table.filter(bindings::tenant_id.eq(tenant)).filter(bindings::segment_id.eq_any(segments));
    diesel::delete(gone).returning(bindings::id).get_results(conn).await
}

/// A file that is bound to a segment.
#[derive(Debug, Clone)]
pub struct Bound {
    /// Of the binding.
    pub id: Uuid,
    pub document: DocumentId,
    pub file: UploadFile,
}

/// The files of several segments, with their bindings.
pub async fn bound(conn: &mut AsyncPgConnection, tenant: TenantId, segments: &[SegmentId]) -> QueryResult<Vec<Bound>> {
    let rows: Vec<(Uuid, DocumentId, UploadFile)> = bindings::table
        .inner_join(upload_files::table.on(upload_files::id.eq(bindings::attachment_id)))
        .filter(bindings::tenant_id.eq(tenant))
        .filter(upload_files::tenant_id.eq(tenant))
        .filter(bindings::segment_id.eq_any(segments))
        .order((bindings::created_at, bindings::id))
        .select((bindings::id, bindings::document_id, UploadFile::as_select()))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, document, file)| Bound { id, document, file }).collect())
}

/// A segment that shows a picture.
#[derive(Debug, Clone)]
pub struct Showing {
    pub picture: UploadFileId,
    pub segment: Segment,
    pub document: Document,
}

/// The segments of the datasets that show pictures: only those that may be found.
pub async fn segments_showing(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    datasets: &[DatasetId],
    pictures: &[UploadFileId],
) -> QueryResult<Vec<Showing>> {
    if pictures.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(UploadFileId, Segment, Document)> = bindings::table
        .inner_join(document_segments::table.on(document_segments::id.eq(bindings::segment_id)))
        .inner_join(documents::table.on(documents::id.eq(bindings::document_id)))
        .filter(bindings::tenant_id.eq(tenant))
        .filter(bindings::dataset_id.eq_any(datasets))
        .filter(bindings::attachment_id.eq_any(pictures))
        .filter(document_segments::tenant_id.eq(tenant))
        .filter(document_segments::enabled)
        .filter(document_segments::status.eq(SegmentStatus::Completed))
        .filter(documents::enabled)
        .filter(documents::archived.eq(false))
        .select((bindings::attachment_id, Segment::as_select(), Document::as_select()))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(picture, segment, document)| Showing { picture, segment, document }).collect())
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
