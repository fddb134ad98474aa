//! A member's conversations with an app on the explore page.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{ConversationDto, Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{ConversationsQuery, InstalledGuest, RenameRequest};
use controllers_common::valid::{Valid, ValidQuery};
use models::ConversationId;
use services::conversations::Conversations;

/// List the conversations.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/conversations", params(("installed_app_id" = String, Path), ConversationsQuery),
    responses((status = 200, body = Scroll<ConversationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    guest: InstalledGuest,
    ValidQuery(query): ValidQuery<ConversationsQuery>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Scroll<ConversationDto>>, ApiError> {
    Ok(web::Json(query.list(&guest, &conversations).await?))
}

/// Delete a conversation.
#[utoipa::path(delete, path = "/console/api/installed-apps/{installed_app_id}/conversations/{conversation_id}", params(("installed_app_id" = String, Path), ("conversation_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    guest: InstalledGuest,
    path: web::Path<(String, ConversationId)>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, ApiError> {
    guest.require_chat()?;
    conversations.delete(&guest.app.app, guest.caller, path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Rename a conversation, or have a model name it.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/conversations/{conversation_id}/name", params(("installed_app_id" = String, Path), ("conversation_id" = String, Path)), request_body = RenameRequest,
    responses((status = 200, body = ConversationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    guest: InstalledGuest,
    path: web::Path<(String, ConversationId)>,
    Valid(body): Valid<RenameRequest>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<ConversationDto>, ApiError> {
    Ok(web::Json(body.rename(&guest, path.1, &conversations).await?))
}

/// Pin a conversation.
#[utoipa::path(patch, path = "/console/api/installed-apps/{installed_app_id}/conversations/{conversation_id}/pin", params(("installed_app_id" = String, Path), ("conversation_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pin(
    guest: InstalledGuest,
    path: web::Path<(String, ConversationId)>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    guest.require_chat()?;
    conversations.pin(&guest.app.app, guest.caller, path.1).await?;
    Ok(web::Json(Success::new()))
}

/// Unpin a conversation, pinned or not.
#[utoipa::path(patch, path = "/console/api/installed-apps/{installed_app_id}/conversations/{conversation_id}/unpin", params(("installed_app_id" = String, Path), ("conversation_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn unpin(
    guest: InstalledGuest,
    path: web::Path<(String, ConversationId)>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    guest.require_chat()?;
    conversations.unpin(&guest.app.app, guest.caller, path.1).await?;
    Ok(web::Json(Success::new()))
}
