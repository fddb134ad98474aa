//! Icons and portraits that are uploads.
//!
//! Wherever such a picture is shown, a link to its file is signed. So whoever names one must be somebody who may see the
//! file anyway: nobody else's file can be reached by calling it one's icon.

use models::TenantId;
use models::db::{AsyncPgConnection, QueryResult};
use models::upload_file::UploadFile;

/// Whether the text is the id of a file of the workspace.
pub(crate) async fn is_upload(conn: &mut AsyncPgConnection, tenant: TenantId, text: &str) -> QueryResult<bool> {
    let Ok(id) = text.parse() else { return Ok(false) };
    Ok(!UploadFile::find_all(conn, tenant, &[id]).await?.is_empty())
}
