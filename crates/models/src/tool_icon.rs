//! Icons of tools that a workspace described itself.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::tool_api_providers;

/// The stored icon (JSON text) of a tool provider of the workspace.
pub async fn of_api_provider(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<Option<String>> {
    tool_api_providers::table
        .filter(tool_api_providers::tenant_id.eq(tenant))
        .filter(tool_api_providers::id.eq(id))
        .select(tool_api_providers::icon)
        .first(conn)
        .await
        .optional()
}
