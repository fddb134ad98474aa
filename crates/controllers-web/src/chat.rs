//! Asking a chat app.

use actix_web::{HttpResponse, web};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, ChatRequest};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use services::generate::AppGenerateService;

/// Send a message to the app.
#[utoipa::path(post, path = "/api/chat-messages", tag = "Chat", request_body = ChatRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    visitor: Visitor,
    Valid(body): Valid<ChatRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    Box::pin(body.ask(&visitor.guest(), &generate, style)).await
}

/// Stop a streaming answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/api/chat-messages/{task_id}/stop", tag = "Chat", params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    visitor: Visitor,
    path: web::Path<String>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    let visitor = visitor.guest();
    visitor.require_chat()?;
    Ok(web::Json(guest::stop(&visitor, &path, &generate).await?))
}
