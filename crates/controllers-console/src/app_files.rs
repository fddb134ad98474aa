//! Apps as files: export, import, and what an imported app lacks.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::{Lenient, ValidQuery};
use core_workflow::dsl::ImportStatus;
use models::{AppId, AppMode, IconType, WorkflowId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use services::app_files::{AppFiles, ExportRequest, Import, ImportRequest, Source};
use services::apps::{Apps, CopyRequest};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::answers::Data;
use crate::workflows::raw_value;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
#[derive(Default)]
pub(crate) struct ExportQuery {
    /// Secret variables in clear.
    include_secret: bool,
    /// A version; the draft if there is none.
    workflow_id: Option<String>,
}

/// The file of an app.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/export", params(("app_id" = String, Path), ExportQuery),
    responses((status = 200, body = Data<String>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn export(
    user: Editor,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<ExportQuery>,
    apps: web::Data<Apps>,
    files: web::Data<AppFiles>,
) -> Result<web::Json<Data<String>>, ApiError> {
    let app = apps.find(user.tenant_id(), *app).await?;
    let version = match query.workflow_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => {
            let bad = |_unreadable| ApiError::invalid_field("workflow_id", "workflow_id: must be a UUID");
            Some(id.parse::<WorkflowId>().map_err(bad)?)
        }
        None => None,
    };
    let request = ExportRequest { include_secret: query.include_secret, version };
    Ok(web::Json(Data { data: files.export(app, request).await? }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ImportBody {
    /// `yaml-content` or `yaml-url`.
    mode: String,
    yaml_content: Option<String>,
    yaml_url: Option<String>,
    /// Takes the place of what the file says, like the next four.
    #[validate(length(max = 255))]
    name: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
    /// A workflow that the file takes the place of.
    #[schema(value_type = Option<String>)]
    app_id: Option<AppId>,
}

/// What an import came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportDto {
    /// For confirming it.
    id: String,
    /// `completed`, `completed-with-warnings`, `pending` or `failed`.
    #[schema(value_type = String)]
    status: ImportStatus,
    app_id: Option<String>,
    #[schema(value_type = Option<String>)]
    app_mode: Option<AppMode>,
    current_dsl_version: &'static str,
    imported_dsl_version: String,
    /// Empty unless it failed.
    error: String,
}

fn answer(import: Import) -> HttpResponse {
    let status = match import.status {
        ImportStatus::Completed | ImportStatus::CompletedWithWarnings => StatusCode::OK,
        ImportStatus::Pending => StatusCode::ACCEPTED,
        ImportStatus::Failed => StatusCode::BAD_REQUEST,
    };
    HttpResponse::build(status).json(ImportDto {
        id: import.id,
        status: import.status,
        app_id: import.app.map(|id| id.to_string()),
        app_mode: import.app_mode,
        current_dsl_version: import.current_version,
        imported_dsl_version: import.imported_version,
        error: import.error,
    })
}

/// Makes an app of a file, or makes a workflow what a file says.
#[utoipa::path(post, path = "/console/api/apps/imports", request_body = ImportBody,
    responses((status = 200, body = ImportDto), (status = 202, body = ImportDto), (status = 400, body = ImportDto)))]
pub(crate) async fn import(
    user: Editor,
    Lenient(body): Lenient<ImportBody>,
    files: web::Data<AppFiles>,
) -> Result<HttpResponse, ApiError> {
    let source = match body.mode.as_str() {
        "yaml-content" => Source::Content(body.yaml_content),
        "yaml-url" => Source::Url(body.yaml_url),
        other => return Err(ApiError::invalid_field("mode", format!("mode: Invalid import_mode: {other}"))),
    };
    let request = ImportRequest {
        source,
        name: body.name,
        description: body.description,
        icon_type: body.icon_type,
        icon: body.icon,
        icon_background: body.icon_background,
        over: body.app_id,
    };
    Ok(answer(files.import(user.tenant_id(), &user.account, request).await?))
}

/// Imports a file of another release, now that somebody said that it is wanted.
#[utoipa::path(post, path = "/console/api/apps/imports/{import_id}/confirm", params(("import_id" = String, Path)),
    responses((status = 200, body = ImportDto), (status = 400, body = ImportDto)))]
pub(crate) async fn confirm(
    user: Editor,
    id: web::Path<String>,
    files: web::Data<AppFiles>,
) -> Result<HttpResponse, ApiError> {
    Ok(answer(files.confirm(user.tenant_id(), &user.account, &id).await?))
}

/// Plugins that an app needs and that are not here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeakedDependencies {
    /// `{type, value, current_identifier}` each.
    #[schema(value_type = Vec<Object>)]
    leaked_dependencies: Vec<Box<RawValue>>,
}

/// What an app that was just imported needs and the installation lacks.
#[utoipa::path(get, path = "/console/api/apps/imports/{app_id}/check-dependencies", params(("app_id" = String, Path)),
    responses((status = 200, body = LeakedDependencies), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn check_dependencies(
    user: Editor,
    app: web::Path<AppId>,
    files: web::Data<AppFiles>,
) -> Result<web::Json<LeakedDependencies>, ApiError> {
    let missing = files.missing_dependencies(user.tenant_id(), *app).await?;
    Ok(web::Json(LeakedDependencies { leaked_dependencies: missing.into_iter().map(raw_value).collect() }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ConvertBody {
    #[validate(length(max = 255))]
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
}

/// The workflow that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Converted {
    new_app_id: String,
}

/// Makes a workflow of a chat or completion app, which stays as it is.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/convert-to-workflow", params(("app_id" = String, Path)),
    request_body = ConvertBody,
    responses((status = 200, body = Converted), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn convert(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<ConvertBody>,
    apps: web::Data<Apps>,
) -> Result<web::Json<Converted>, ApiError> {
    let request = CopyRequest {
        name: body.name.as_deref(),
        description: None,
        icon_type: body.icon_type,
        icon: body.icon.as_deref(),
        icon_background: body.icon_background.as_deref(),
    };
    let made = apps.convert_to_workflow(user.tenant_id(), &user.account, AppId(*app), &request).await?;
    Ok(web::Json(Converted { new_app_id: made.app.id.to_string() }))
}
