//! The messages of a conversation, and what to ask next.

use actix_web::web;
use controllers_common::dto::Scroll;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, GuestMessage, MessagesQuery, Suggestions};
use controllers_common::passport::Visitor;
use controllers_common::valid::ValidQuery;
use models::MessageId;
use services::files::Files;
use services::messages::Messages;

/// List the messages of a conversation, newest page first, oldest message of a page first.
#[utoipa::path(get, path = "/api/messages", tag = "Chat", params(MessagesQuery),
    responses((status = 200, body = Scroll<GuestMessage>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<MessagesQuery>,
    messages: web::Data<Messages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<GuestMessage>>, ApiError> {
    Ok(web::Json(query.list(&visitor.guest(), &messages, &files).await?))
}

/// Questions that the visitor might ask next.
#[utoipa::path(get, path = "/api/messages/{id}/suggested-questions", tag = "Chat", params(("id" = String, Path)),
    responses((status = 200, body = Suggestions), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn suggested(
    visitor: Visitor,
    id: web::Path<MessageId>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Suggestions>, ApiError> {
    Ok(web::Json(guest::suggestions(&visitor.guest(), *id, &messages).await?))
}
