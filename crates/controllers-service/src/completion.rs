//! Asking a completion app.

use actix_web::{HttpResponse, web};
use controllers_common::answer::{Accepted, Later, respond};
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{AnswerMode, FileList};
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::end_users::EndUsers;
use services::generate::{AppGenerateService, Question};
use utoipa::ToSchema;
use validator::Validate;

use crate::stop::{StopRequest, stop_own};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CompletionRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    query: Option<String>,
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

/// Send inputs to a completion app.
#[utoipa::path(post, path = "/v1/completion-messages", tag = "Completion", request_body = CompletionRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = 202, body = Accepted, description = "With `async`"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    app: AppToken,
    Valid(body): Valid<CompletionRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
    later: Later,
) -> Result<HttpResponse, ApiError> {
    app.require_completion()?;
    let user = required_user(body.user.as_ref())?;
    let mode = AnswerMode::of(body.response_mode, app.app.mode)?;
    let callback = later.callback(mode, body.callback_url.as_deref())?;
    generate.check_room()?;
    let end_user = app.end_user(&end_users, Some(&user)).await?;
    let question = Question {
        inputs: body.inputs,
        query: body.query.unwrap_or_default(),
        files: body.files.0,
        streaming: mode.has_events(),
        ..Question::default()
    };
    let generation = generate.generate(&app, asker(&end_user), question).await?;
    if mode == AnswerMode::Async {
        return later.accept(&app.app, &end_user, generation, callback).await;
    }
    respond(generation, mode == AnswerMode::Streaming, style).await
}

/// Stop a streaming answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/v1/completion-messages/{task_id}/stop", tag = "Completion", request_body = StopRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    app: AppToken,
    path: web::Path<String>,
    Valid(body): Valid<StopRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    app.require_completion()?;
    stop_own(&app, &path, &body, &end_users, &generate).await
}
