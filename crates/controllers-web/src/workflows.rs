//! Running the workflow of a published page.

use actix_web::{HttpResponse, web};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, RunRequest};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use services::generate::AppGenerateService;

/// Run the published workflow; the answer is always a stream.
#[utoipa::path(post, path = "/api/workflows/run", tag = "Workflow", request_body = RunRequest,
    responses((status = 200, description = "The run as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run(
    visitor: Visitor,
    Valid(body): Valid<RunRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    body.run(&visitor.guest(), &generate, style).await
}

/// Stop a run; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/api/workflows/tasks/{task_id}/stop", tag = "Workflow", params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    visitor: Visitor,
    path: web::Path<String>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    let visitor = visitor.guest();
    visitor.require_workflow()?;
    Ok(web::Json(guest::stop(&visitor, &path, &generate).await?))
}
