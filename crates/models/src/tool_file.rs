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

/// A file to be recorded.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = tool_files)]
pub struct NewToolFile<'a> {
    pub id: Uuid,
    pub tenant_id: TenantId,
    /// An account or an end user.
    pub user_id: Uuid,
    pub conversation_id: Option<Uuid>,
    pub file_key: &'a str,
    pub mimetype: &'a str,
    pub name: &'a str,
    /// Bytes.
    pub size: i32,
}

impl ToolFile {
    pub async fn insert(conn: &mut AsyncPgConnection, new: &NewToolFile<'_>) -> QueryResult<()> {
        diesel::insert_into(tool_files::table).values(new).execute(conn).await.map(drop)
    }

    /// A file of the workspace.
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        let file = Self::query().filter(tool_files::tenant_id.eq(tenant)).filter(tool_files::id.eq(id));
        file.first(conn).await.optional()
    }

    /// A file by id alone: for signed links, whose signature is the proof.
    pub async fn find_signed(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(tool_files::id.eq(id)).first(conn).await.optional()
    }

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
