//! Running an app's workflow.

use actix_web::{HttpResponse, web};
use controllers_common::answer::{Accepted, Later, respond_run};
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{AnswerMode, FileList, task_id};
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use models::WorkflowId;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::end_users::EndUsers;
use services::generate::{AppGenerateService, Question, Version, end_user_person};
use utoipa::ToSchema;
use validator::Validate;

use crate::stop::StopRequest;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RunRequest {
    /// Values for the form of the start node.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// A name of the person, unique within the app.
    #[schema(value_type = String)]
    user: Option<Value>,
    #[serde(default)]
    response_mode: Option<AnswerMode>,
    /// With `async`: who is told what came of it.
    #[serde(default)]
    callback_url: Option<String>,
    #[serde(default)]
    files: FileList,
}

/// Run the published workflow.
#[utoipa::path(post, path = "/v1/workflows/run", tag = "Workflow", request_body = RunRequest,
    responses((status = 200, description = "The run, whole or as a stream of events"), (status = 202, body = Accepted, description = "With `async`"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run(
    app: AppToken,
    Valid(body): Valid<RunRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
    later: Later,
) -> Result<HttpResponse, ApiError> {
    start(&app, Version::Published, body, &end_users, &generate, style, later).await
}

/// Run one published version of the workflow.
#[utoipa::path(post, path = "/v1/workflows/{workflow_id}/run", tag = "Workflow", request_body = RunRequest,
    params(("workflow_id" = String, Path)),
    responses((status = 200, description = "The run, whole or as a stream of events"), (status = 202, body = Accepted, description = "With `async`"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_version(
    app: AppToken,
    path: web::Path<String>,
    Valid(body): Valid<RunRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
    later: Later,
) -> Result<HttpResponse, ApiError> {
    let id: WorkflowId = path.parse().map_err(|_no_id| {
        ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, "bad_request", "Invalid workflow_id format")
    })?;
    start(&app, Version::Named(id), body, &end_users, &generate, style, later).await
}

async fn start(
    app: &AppToken,
    version: Version,
    body: RunRequest,
    end_users: &EndUsers,
    generate: &AppGenerateService,
    style: StreamStyle,
    later: Later,
) -> Result<HttpResponse, ApiError> {
    app.require_workflow()?;
    let user = required_user(body.user.as_ref())?;
    let mode = AnswerMode::of(body.response_mode, app.app.mode)?;
    let callback = later.callback(mode, body.callback_url.as_deref())?;
    generate.check_room()?;
    let end_user = app.end_user(end_users, Some(&user)).await?;
    let asker = asker(&end_user);
    let person = end_user_person(&asker);
    let question =
        Question { inputs: body.inputs, files: body.files.0, streaming: mode.has_events(), ..Question::default() };
    let generation = generate.run_workflow(app, asker, person, version, question).await?;
    if mode == AnswerMode::Async {
        return later.accept(&app.app, &end_user, generation, callback).await;
    }
    respond_run(generation, mode == AnswerMode::Streaming, style).await
}

/// Stop a run of the app; unknown tasks are ignored.
#[utoipa::path(post, path = "/v1/workflows/tasks/{task_id}/stop", tag = "Workflow", request_body = StopRequest,
    params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    app: AppToken,
    path: web::Path<String>,
    Valid(body): Valid<StopRequest>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    app.require_workflow()?;
    required_user(body.user.as_ref())?;
    if let Some(task) = task_id(&path) {
        generate.stop_in_app(&app, task).await?;
    }
    Ok(web::Json(Success::new()))
}
