//! Asking a completion app.

use actix_web::{HttpResponse, web};
use controllers_common::answer::respond;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, ResponseMode, task_id};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::generate::{AppGenerateService, Question};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CompletionRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    files: FileList,
}

/// Send inputs to the app.
#[utoipa::path(post, path = "/api/completion-messages", tag = "Completion", request_body = CompletionRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    visitor: Visitor,
    Valid(body): Valid<CompletionRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    visitor.require_completion()?;
    let streaming = ResponseMode::streams(body.response_mode, visitor.app.app.mode)?;
    let question = Question {
        inputs: body.inputs,
        query: body.query.unwrap_or_default(),
        files: body.files.0,
        streaming,
        ..Question::default()
    };
    let generation = generate.generate(&visitor.app, visitor.asker(), question).await?;
    respond(generation, streaming, style).await
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModeQuery {
    response_mode: ResponseMode,
}

/// Ask once more what a message asked, for an answer in other words.
#[utoipa::path(get, path = "/api/messages/{id}/more-like-this", tag = "Completion", params(("id" = String, Path), ModeQuery),
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn more_like_this(
    visitor: Visitor,
    id: web::Path<MessageId>,
    ValidQuery(query): ValidQuery<ModeQuery>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    visitor.require_completion()?;
    let streaming = query.response_mode == ResponseMode::Streaming;
    let generation = generate.more_like_this(&visitor.app, visitor.asker(), *id, streaming).await?;
    respond(generation, streaming, style).await
}

/// Stop a streaming answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/api/completion-messages/{task_id}/stop", tag = "Completion",
    params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    visitor: Visitor,
    path: web::Path<String>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_completion()?;
    if let Some(task) = task_id(&path) {
        generate.stop(&visitor.app.app, visitor.caller(), task).await?;
    }
    Ok(web::Json(Success::new()))
}
