//! The visitor's conversations.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{ConversationDto, Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{ConversationsQuery, RenameRequest};
use controllers_common::passport::Visitor;
use controllers_common::valid::{Valid, ValidQuery};
use models::ConversationId;
use services::conversations::Conversations;

/// List the visitor's conversations.
#[utoipa::path(get, path = "/api/conversations", tag = "Conversations", params(ConversationsQuery),
    responses((status = 200, body = Scroll<ConversationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<ConversationsQuery>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Scroll<ConversationDto>>, ApiError> {
    Ok(web::Json(query.list(&visitor.guest(), &conversations).await?))
}

/// Delete a conversation.
#[utoipa::path(delete, path = "/api/conversations/{id}", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, ApiError> {
    visitor.guest().require_chat()?;
    conversations.delete(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Rename a conversation, or have a model name it.
#[utoipa::path(post, path = "/api/conversations/{id}/name", tag = "Conversations", params(("id" = String, Path)),
    request_body = RenameRequest,
    responses((status = 200, body = ConversationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    Valid(body): Valid<RenameRequest>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<ConversationDto>, ApiError> {
    Ok(web::Json(body.rename(&visitor.guest(), *id, &conversations).await?))
}

/// Pin a conversation.
#[utoipa::path(patch, path = "/api/conversations/{id}/pin", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pin(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.guest().require_chat()?;
    conversations.pin(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(web::Json(Success::new()))
}

/// Unpin a conversation, pinned or not.
#[utoipa::path(patch, path = "/api/conversations/{id}/unpin", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn unpin(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.guest().require_chat()?;
    conversations.unpin(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(web::Json(Success::new()))
}
