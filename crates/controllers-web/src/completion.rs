//! Asking a completion app.

use actix_web::{HttpResponse, web};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, CompletionRequest, ModeQuery};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use services::generate::AppGenerateService;

/// Send inputs to the app.
#[utoipa::path(post, path = "/api/completion-messages", tag = "Completion", request_body = CompletionRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    visitor: Visitor,
    Valid(body): Valid<CompletionRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    Box::pin(body.ask(&visitor.guest(), &generate, style)).await
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
    Box::pin(guest::more_like_this(&visitor.guest(), *id, &query, &generate, style)).await
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
    let visitor = visitor.guest();
    visitor.require_completion()?;
    Ok(web::Json(guest::stop(&visitor, &path, &generate).await?))
}
