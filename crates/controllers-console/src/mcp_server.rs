//! The MCP server of an app.

use actix_web::http::StatusCode;
use actix_web::web;
use controllers_common::auth::{ConsoleUser, Editor};
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use models::app_mcp_server::{AppMcpServer, McpServerStatus};
use models::{AppId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::apps::Apps;
use services::mcp_servers::{McpServerError, McpServerUpdate, McpServers, parameters_of};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::answers::seconds;
use crate::audit::Remark;

/// All null where the app has no server.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct McpServerDto {
    id: Option<String>,
    name: Option<String>,
    server_code: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    status: Option<McpServerStatus>,
    /// What is said of each variable of the app's form.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Map<String, Value>>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

impl From<AppMcpServer> for McpServerDto {
    fn from(server: AppMcpServer) -> Self {
        Self {
            parameters: Some(parameters_of(&server)),
            id: Some(server.id.to_string()),
            name: Some(server.name),
            server_code: Some(server.server_code),
            description: Some(server.description),
            status: Some(server.status),
            created_at: Some(seconds(server.created_at)),
            updated_at: Some(seconds(server.updated_at)),
        }
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewMcpServer {
    /// The app's if missing or empty.
    #[validate(length(max = 255))]
    description: Option<String>,
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeMcpServer {
    id: String,
    /// The app's if empty.
    #[validate(length(max = 255))]
    description: Option<String>,
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<McpServerStatus>,
}

fn refused(e: McpServerError) -> ApiError {
    match e {
        McpServerError::NotFound => ApiError::not_found(e.to_string()),
        McpServerError::Exists => ApiError::new(StatusCode::BAD_REQUEST, "bad_request", e.to_string()),
        McpServerError::Db(e) => ApiError::internal(&e),
    }
}

/// The server of an app.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/server", responses((status = 200, body = McpServerDto)))]
pub(crate) async fn get(
    user: ConsoleUser,
    app: web::Path<Uuid>,
    servers: web::Data<McpServers>,
) -> Result<web::Json<McpServerDto>, ApiError> {
    let server = servers.of_app(user.tenant_id(), AppId(*app)).await.map_err(refused)?;
    Ok(web::Json(server.map(McpServerDto::from).unwrap_or_default()))
}

/// Makes the server of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/server", request_body = NewMcpServer, responses((status = 200, body = McpServerDto)))]
pub(crate) async fn create(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<NewMcpServer>,
    apps: web::Data<Apps>,
    servers: web::Data<McpServers>,
) -> Result<web::Json<McpServerDto>, ApiError> {
    let app = apps.find(user.tenant_id(), AppId(*app)).await?;
    let made = servers.create(&app, body.description.as_deref(), &body.parameters).await;
    Ok(web::Json(made.map_err(refused)?.into()))
}

/// Changes the server of an app.
#[utoipa::path(put, path = "/console/api/apps/{app_id}/server", request_body = ChangeMcpServer, responses((status = 200, body = McpServerDto)))]
pub(crate) async fn update(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<ChangeMcpServer>,
    apps: web::Data<Apps>,
    servers: web::Data<McpServers>,
) -> Result<web::Json<McpServerDto>, ApiError> {
    let app = apps.find(user.tenant_id(), AppId(*app)).await?;
    let id = body.id.parse().map_err(|_no_id| refused(McpServerError::NotFound))?;
    let update =
        McpServerUpdate { description: body.description.as_deref(), parameters: &body.parameters, status: body.status };
    let changed = servers.update(&app, id, &update).await;
    Ok(web::Json(changed.map_err(refused)?.into()))
}

/// Gives a server another code.
#[utoipa::path(get, path = "/console/api/apps/{server_id}/server/refresh", responses((status = 200, body = McpServerDto)))]
pub(crate) async fn refresh(
    user: Editor,
    server: web::Path<Uuid>,
    servers: web::Data<McpServers>,
    remark: Remark,
) -> Result<web::Json<McpServerDto>, ApiError> {
    let tenant: TenantId = user.tenant_id();
    let server = servers.refresh_code(tenant, *server).await.map_err(refused)?;
    remark.detail("app_id", server.app_id.to_string());
    Ok(web::Json(server.into()))
}
