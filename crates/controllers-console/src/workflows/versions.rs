//! The versions of a workflow.

use actix_web::{HttpResponse, web};
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::{Lenient, ValidQuery};
use models::{AppId, WorkflowId};
use serde::{Deserialize, Serialize};
use services::apps::Apps;
use services::workflows::{VersionUpdate, VersionsRequest, Workflows};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::body::WorkflowDto;
use super::draft::DraftSaved;
use super::workflow_app;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionsQuery {
    #[validate(range(min = 1, max = 99999))]
    page: usize,
    #[validate(range(min = 1, max = 100))]
    limit: usize,
    /// Only the caller's own versions; empty for everybody's.
    user_id: String,
    named_only: bool,
}

impl Default for VersionsQuery {
    fn default() -> Self {
        Self { page: 1, limit: 10, user_id: String::new(), named_only: false }
    }
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionsPage {
    items: Vec<WorkflowDto>,
    page: usize,
    limit: usize,
    has_more: bool,
}

/// The versions of an app's workflow, newest first, led by the draft.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows", params(("app_id" = String, Path), VersionsQuery),
    responses((status = 200, body = VersionsPage), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_versions(
    user: Editor,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<VersionsQuery>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<VersionsPage>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let own = user.account_id();
    let created_by = match query.user_id.as_str() {
        "" => None,
        id if id == own.to_string() => Some(own),
        _ => return Err(ApiError::forbidden("Only your own versions can be asked for by author.")),
    };
    let (page, limit) = (query.page, query.limit);
    let request = VersionsRequest { created_by, named_only: query.named_only, page, limit };
    let found = workflows.versions(&app, request).await?;
    let items = found.items.into_iter().map(WorkflowDto::from).collect();
    Ok(web::Json(VersionsPage { items, page, limit, has_more: found.has_more }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct MarkBody {
    #[validate(length(max = 20))]
    marked_name: Option<String>,
    #[validate(length(max = 100))]
    marked_comment: Option<String>,
}

/// Names a version.
#[utoipa::path(patch, path = "/console/api/apps/{app_id}/workflows/{workflow_id}",
    params(("app_id" = String, Path), ("workflow_id" = String, Path)), request_body = MarkBody,
    responses((status = 200, body = WorkflowDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn mark_version(
    user: Editor,
    path: web::Path<(AppId, WorkflowId)>,
    Lenient(body): Lenient<MarkBody>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<WorkflowDto>, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    let update = VersionUpdate { name: body.marked_name.as_deref(), comment: body.marked_comment.as_deref() };
    if update.name.is_none() && update.comment.is_none() {
        return Err(ApiError::bad_request("No valid fields to update"));
    }
    Ok(web::Json(workflows.mark_version(&app, &user.account, id, update).await?.into()))
}

/// Removes a version that nothing uses.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/workflows/{workflow_id}",
    params(("app_id" = String, Path), ("workflow_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_version(
    user: Editor,
    path: web::Path<(AppId, WorkflowId)>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<HttpResponse, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    workflows.delete_version(&app, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes the draft what a version is.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/{workflow_id}/restore",
    params(("app_id" = String, Path), ("workflow_id" = String, Path)),
    responses((status = 200, body = DraftSaved), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn restore_version(
    user: Editor,
    path: web::Path<(AppId, WorkflowId)>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<DraftSaved>, ApiError> {
    let (app, id) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    Ok(web::Json(workflows.restore(&app, &user.account, id).await?.into()))
}
