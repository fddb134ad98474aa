//! Files that tools made; the bytes are in the object storage under `file_key`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::tool_files;

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = tool_files, check_for_backend(diesel::pg::Pg))]
pub struct ToolFile {
    pub id: Uuid,
    pub tenant_id: TenantId,
    /// `tools/{tenant}/{hex}.{ext}`
    pub file_key: String,
    pub mimetype: String,
    pub name: String,
    /// Negative where it is not known.
    pub size: i32,
}

impl ToolFile {
    /// Several files of the workspace.
    pub async fn find_all(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[Uuid]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(tool_files::tenant_id.eq(tenant)).filter(tool_files::id.eq_any(ids)).load(conn).await
    }

    /// The extension with its dot, as links carry it.
    pub fn extension(&self) -> String {
        let name = self.file_key.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or_else(|| ".bin".to_owned(), |(_, extension)| format!(".{extension}"))
    }
}
