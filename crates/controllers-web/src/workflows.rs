//! Running the workflow of a published page.

use actix_web::{HttpResponse, web};
use controllers_common::answer::respond_run;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, task_id};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::generate::{AppGenerateService, Question, Version, end_user_person};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RunRequest {
    /// Values for the form of the start node.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    files: FileList,
}

/// Run the published workflow; the answer is always a stream.
#[utoipa::path(post, path = "/api/workflows/run", tag = "Workflow", request_body = RunRequest,
    responses((status = 200, description = "The run as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run(
    visitor: Visitor,
    Valid(body): Valid<RunRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    visitor.require_workflow()?;
    let asker = visitor.asker();
    let person = end_user_person(&asker);
    let question = Question { inputs: body.inputs, files: body.files.0, streaming: true, ..Question::default() };
    let generation = generate.run_workflow(&visitor.app, asker, person, Version::Published, question).await?;
    respond_run(generation, true, style).await
}

/// Stop a run; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/api/workflows/tasks/{task_id}/stop", tag = "Workflow", params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    visitor: Visitor,
    path: web::Path<String>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_workflow()?;
    if let Some(task) = task_id(&path) {
        generate.stop(&visitor.app.app, visitor.caller(), task).await?;
    }
    Ok(web::Json(Success::new()))
}
