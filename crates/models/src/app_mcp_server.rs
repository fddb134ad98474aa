//! MCP servers: an app as a tool of other programs.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::app_mcp_servers;
use crate::{AppId, TenantId};

text_enum! {
    McpServerStatus {
        Active => "active",
        Inactive => "inactive",
    }
}

/// At most one per app.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = app_mcp_servers, check_for_backend(diesel::pg::Pg))]
pub struct AppMcpServer {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub name: String,
    pub description: String,
    /// 16 random characters: the only credential of callers.
    pub server_code: String,
    pub status: McpServerStatus,
    /// JSON text: what is said of each variable of the app's form, by its name.
    pub parameters: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// What may be changed of a server; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = app_mcp_servers)]
pub struct AppMcpServerChanges<'a> {
    pub name: Option<&'a str>,
    pub description: Option<&'a str>,
    pub server_code: Option<&'a str>,
    pub status: Option<McpServerStatus>,
    pub parameters: Option<&'a str>,
    pub updated_at: Option<NaiveDateTime>,
}

impl AppMcpServer {
    pub async fn find_by_app(conn: &mut AsyncPgConnection, tenant: TenantId, app: AppId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(app_mcp_servers::tenant_id.eq(tenant))
            .filter(app_mcp_servers::app_id.eq(app))
            .first(conn)
            .await
            .optional()
    }

    /// The server with that code, whatever its status: the code is the caller's proof.
    pub async fn find_by_code(conn: &mut AsyncPgConnection, code: &str) -> QueryResult<Option<Self>> {
        Self::query().filter(app_mcp_servers::server_code.eq(code)).first(conn).await.optional()
    }

    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(app_mcp_servers::tenant_id.eq(tenant))
            .filter(app_mcp_servers::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(app_mcp_servers::table).values(new).execute(conn).await.map(drop)
    }

    /// Changes a server of the workspace; `None` if there is none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        changes: &AppMcpServerChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        let server =
            app_mcp_servers::table.filter(app_mcp_servers::tenant_id.eq(tenant)).filter(app_mcp_servers::id.eq(id));
        diesel::update(server).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }
}
