//! Uploaded files; the bytes are in the object storage under `key`.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::upload_files;
use crate::{CreatorRole, TenantId, UploadFileId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = upload_files, check_for_backend(diesel::pg::Pg))]
pub struct UploadFile {
    pub id: UploadFileId,
    pub tenant_id: TenantId,
    pub storage_type: String,
    pub key: String,
    pub name: String,
    pub size: i32,
    pub extension: String,
    pub mime_type: Option<String>,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
    pub used: bool,
    /// SHA3-256, hex.
    pub hash: Option<String>,
    pub source_url: String,
}

impl UploadFile {
    /// Several files of the workspace.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[UploadFileId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(upload_files::tenant_id.eq(tenant)).filter(upload_files::id.eq_any(ids)).load(conn).await
    }

    /// A file by id alone: for signed links, whose signature is the proof.
    pub async fn find_signed(conn: &mut AsyncPgConnection, id: UploadFileId) -> QueryResult<Option<Self>> {
        Self::query().filter(upload_files::id.eq(id)).first(conn).await.optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(upload_files::table).values(new).execute(conn).await.map(drop)
    }

    /// Several at once, those that are not there yet. One statement for each 2000 rows: a row has 14 parameters.
    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        for rows in new.chunks(2_000) {
            diesel::insert_into(upload_files::table).values(rows).on_conflict_do_nothing().execute(conn).await?;
        }
        Ok(())
    }

    /// Something is made of these files: they are not leftovers of an upload.
    pub async fn mark_used(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[UploadFileId]) -> QueryResult<()> {
        let files = upload_files::table.filter(upload_files::tenant_id.eq(tenant)).filter(upload_files::id.eq_any(ids));
        diesel::update(files).set(upload_files::used.eq(true)).execute(conn).await.map(drop)
    }

    pub async fn rename(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: UploadFileId,
        name: &str,
    ) -> QueryResult<()> {
        let file = upload_files::table.filter(upload_files::tenant_id.eq(tenant)).filter(upload_files::id.eq(id));
        diesel::update(file).set(upload_files::name.eq(name)).execute(conn).await.map(drop)
    }

    /// Forgets files of the workspace; their bytes are to be gone before.
    pub async fn delete_all(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[UploadFileId]) -> QueryResult<()> {
        let files = upload_files::table.filter(upload_files::tenant_id.eq(tenant)).filter(upload_files::id.eq_any(ids));
        diesel::delete(files).execute(conn).await.map(drop)
    }
}
