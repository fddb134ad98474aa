//! The published version.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Lenient;
use models::AppId;
use serde::{Deserialize, Serialize};
use services::apps::Apps;
use services::workflows::{PublishRequest, Workflows};
use utoipa::ToSchema;
use validator::Validate;

use super::body::WorkflowDto;
use super::workflow_app;
use crate::answers::seconds;

/// The published version of an app's workflow; all null before the first publication.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/publish", params(("app_id" = String, Path)),
    responses((status = 200, body = WorkflowDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get_published(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<WorkflowDto>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    Ok(web::Json(workflows.published(&app).await?.map(WorkflowDto::from).unwrap_or_default()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PublishBody {
    #[validate(length(max = 20))]
    marked_name: Option<String>,
    #[validate(length(max = 100))]
    marked_comment: Option<String>,
}

/// A version that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedDto {
    /// Always `success`.
    result: &'static str,
    created_at: i64,
}

/// Publishes the draft of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/publish", params(("app_id" = String, Path)),
    request_body = PublishBody,
    responses((status = 200, body = PublishedDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn publish(
    user: Editor,
    app: web::Path<AppId>,
    Lenient(body): Lenient<PublishBody>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<PublishedDto>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let request = PublishRequest {
        name: body.marked_name.as_deref().unwrap_or_default(),
        comment: body.marked_comment.as_deref().unwrap_or_default(),
    };
    let published = workflows.publish(&app, &user.account, &request).await?;
    Ok(web::Json(PublishedDto { result: "success", created_at: seconds(published.created_at) }))
}
