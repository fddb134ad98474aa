//! The inspector: variables of a draft.

use actix_web::{HttpResponse, web};
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::PageQuery;
use controllers_common::valid::{Lenient, ValidQuery};
use models::{AppId, Caller, DraftVariableId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use services::apps::Apps;
use services::draft_variables::{DraftVariableView, DraftVariables, FullContent, VariableChange};
use services::workflows::Definition;
use utoipa::ToSchema;
use validator::Validate;

use super::body::raw_value;
use super::workflow_app;

/// A variable without its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftVariableLine {
    id: String,
    /// `conversation`, `sys` or `node`.
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    description: String,
    /// Node and name.
    selector: Vec<String>,
    value_type: String,
    edited: bool,
    visible: bool,
    is_truncated: bool,
}

impl From<&DraftVariableView> for DraftVariableLine {
    fn from(view: &DraftVariableView) -> Self {
        let row = &view.row;
        Self {
            id: row.id.to_string(),
            kind: view.kind(),
            name: row.name.clone(),
            description: row.description.clone(),
            selector: view.selector(),
            value_type: view.value_type().to_owned(),
            edited: row.last_edited_at.is_some(),
            visible: row.visible,
            is_truncated: row.file_id.is_some(),
        }
    }
}

/// Where the whole of a large value is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FullContentDto {
    size_bytes: i64,
    value_type: String,
    length: Option<i32>,
    download_url: String,
}

/// A variable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftVariableDto {
    #[serde(flatten)]
    line: DraftVariableLine,
    /// Of any type; only the beginning of a large one.
    #[schema(value_type = Option<Object>)]
    value: Box<RawValue>,
    full_content: Option<FullContentDto>,
}

impl From<DraftVariableView> for DraftVariableDto {
    fn from(view: DraftVariableView) -> Self {
        let line = DraftVariableLine::from(&view);
        let full = |full: FullContent| FullContentDto {
            size_bytes: full.size_bytes,
            value_type: full.value_type,
            length: full.length,
            download_url: full.download_url,
        };
        Self { line, value: raw_value(view.row.value), full_content: view.full_content.map(full) }
    }
}

/// Variables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftVariableItems {
    items: Vec<DraftVariableDto>,
}

fn items(views: Vec<DraftVariableView>) -> web::Json<DraftVariableItems> {
    web::Json(DraftVariableItems { items: views.into_iter().map(DraftVariableDto::from).collect() })
}

/// A page of variables without their values.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftVariablePage {
    items: Vec<DraftVariableLine>,
    total: i64,
}

/// All variables of the draft, newest first, without their values.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/variables",
    params(("app_id" = String, Path), PageQuery),
    responses((status = 200, body = DraftVariablePage), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_draft_variables(
    user: Editor,
    app: web::Path<AppId>,
    ValidQuery(page): ValidQuery<PageQuery>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariablePage>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let (views, total) = variables.page(&app, page.page, page.limit).await?;
    Ok(web::Json(DraftVariablePage { items: views.iter().map(DraftVariableLine::from).collect(), total }))
}

/// Forgets all variables of the draft.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/workflows/draft/variables", params(("app_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_draft_variables(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<HttpResponse, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    variables.delete_all(&app).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a node left.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/nodes/{node_id}/variables",
    params(("app_id" = String, Path), ("node_id" = String, Path)),
    responses((status = 200, body = DraftVariableItems), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_node_variables(
    user: Editor,
    path: web::Path<(AppId, String)>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariableItems>, ApiError> {
    let (app, node) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    Ok(items(variables.of_node(&app, &node.replace('\0', "")).await?))
}

/// Forgets what a node left.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/workflows/draft/nodes/{node_id}/variables",
    params(("app_id" = String, Path), ("node_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_node_variables(
    user: Editor,
    path: web::Path<(AppId, String)>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<HttpResponse, ApiError> {
    let (app, node) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    variables.delete_of_node(&app, &node.replace('\0', "")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The conversation variables; those that no try has left yet begin as they are defined.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/conversation-variables",
    params(("app_id" = String, Path)),
    responses((status = 200, body = DraftVariableItems), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_draft_conversation_variables(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariableItems>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    Ok(items(variables.of_conversation(&app).await?))
}

/// The system variables of the last try.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/system-variables",
    params(("app_id" = String, Path)),
    responses((status = 200, body = DraftVariableItems), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_draft_system_variables(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariableItems>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    Ok(items(variables.of_system(&app).await?))
}

/// An environment variable in the inspector; values of secrets are masked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvironmentVariableDto {
    id: String,
    /// Always `env`.
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    description: String,
    selector: [String; 2],
    value_type: String,
    #[schema(value_type = Object)]
    value: Box<RawValue>,
    edited: bool,
    visible: bool,
    editable: bool,
}

impl From<Definition> for EnvironmentVariableDto {
    fn from(definition: Definition) -> Self {
        let Definition { id, name, description, value_type, value } = definition;
        Self {
            id,
            kind: "env",
            selector: ["env".to_owned(), name.clone()],
            name,
            description,
            value_type,
            value: raw_value(value),
            edited: false,
            visible: true,
            editable: true,
        }
    }
}

/// Environment variables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvironmentVariableItems {
    items: Vec<EnvironmentVariableDto>,
}

/// The environment as the draft defines it.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/environment-variables",
    params(("app_id" = String, Path)),
    responses((status = 200, body = EnvironmentVariableItems), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_draft_environment_variables(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<EnvironmentVariableItems>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let items = variables.of_environment(&app).await?.into_iter().map(EnvironmentVariableDto::from).collect();
    Ok(web::Json(EnvironmentVariableItems { items }))
}

/// One variable.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/variables/{variable_id}",
    params(("app_id" = String, Path), ("variable_id" = String, Path)),
    responses((status = 200, body = DraftVariableDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get_draft_variable(
    user: Editor,
    path: web::Path<(AppId, DraftVariableId)>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariableDto>, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    Ok(web::Json(variables.get(&app, id).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeDraftVariable {
    name: Option<String>,
    /// Of the variable's type; files as requests name them.
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
}

/// Gives a variable another name or value.
#[utoipa::path(patch, path = "/console/api/apps/{app_id}/workflows/draft/variables/{variable_id}",
    params(("app_id" = String, Path), ("variable_id" = String, Path)), request_body = ChangeDraftVariable,
    responses((status = 200, body = DraftVariableDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change_draft_variable(
    user: Editor,
    path: web::Path<(AppId, DraftVariableId)>,
    Lenient(body): Lenient<ChangeDraftVariable>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<web::Json<DraftVariableDto>, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    let change = VariableChange { name: body.name, value: body.value };
    Ok(web::Json(variables.change(&app, Caller::Account(user.account_id()), id, change).await?.into()))
}

/// Forgets a variable.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/workflows/draft/variables/{variable_id}",
    params(("app_id" = String, Path), ("variable_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_draft_variable(
    user: Editor,
    path: web::Path<(AppId, DraftVariableId)>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<HttpResponse, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    variables.delete(&app, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a change back; no content where the value is gone, and the variable with it.
#[utoipa::path(put, path = "/console/api/apps/{app_id}/workflows/draft/variables/{variable_id}/reset",
    params(("app_id" = String, Path), ("variable_id" = String, Path)),
    responses((status = 200, body = DraftVariableDto), (status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn reset_draft_variable(
    user: Editor,
    path: web::Path<(AppId, DraftVariableId)>,
    apps: web::Data<Apps>,
    variables: web::Data<DraftVariables>,
) -> Result<HttpResponse, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    Ok(match variables.reset(&app, Caller::Account(user.account_id()), id).await? {
        Some(view) => HttpResponse::Ok().json(DraftVariableDto::from(view)),
        None => HttpResponse::NoContent().finish(),
    })
}
