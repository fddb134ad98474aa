//! Files that nothing names any more: forgotten by a job, added in the transaction that forgets their names.

use jobs::Job;
use models::db::{AsyncPgConnection, QueryResult};
use models::draft_variable::DraftVariableFile;
use models::{TenantId, UploadFileId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Removes files of a workspace: first their bytes, then their rows.
#[derive(Debug, Serialize, Deserialize)]
pub struct DropFiles {
    pub tenant: TenantId,
    pub files: Vec<UploadFileId>,
}

impl Job for DropFiles {
    const KIND: &'static str = "drop_files";
    const QUEUE: &'static str = "purge";
}

/// Adds the job, within the transaction after which nothing names the files. Nothing for no files.
pub(crate) async fn drop_later(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    files: Vec<UploadFileId>,
) -> QueryResult<()> {
    if files.is_empty() {
        return Ok(());
    }
    jobs::enqueue(conn, Some(tenant), &DropFiles { tenant, files }, jobs::Options::default()).await.map(drop)
}

/// Forgets the files of draft variables that are gone or have another value, within the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn forget_draft_files(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[Uuid]) -> QueryResult<()> {
    let files = DraftVariableFile::take_all(conn, tenant, ids).await?;
    drop_later(conn, tenant, files).await
}
