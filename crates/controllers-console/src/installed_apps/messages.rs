//! Messages of an app on the explore page: reading, judging and keeping them.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{
    self, FeedbackRequest, GuestMessage, InstalledGuest, KeepRequest, MessagesQuery, SavedMessageDto, SavedQuery,
    Suggestions,
};
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use services::files::Files;
use services::messages::Messages;
use services::saved_messages::SavedMessages;

/// List the messages of a conversation, newest page first, oldest message of a page first.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/messages", params(("installed_app_id" = String, Path), MessagesQuery),
    responses((status = 200, body = Scroll<GuestMessage>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    guest: InstalledGuest,
    ValidQuery(query): ValidQuery<MessagesQuery>,
    messages: web::Data<Messages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<GuestMessage>>, ApiError> {
    Ok(web::Json(query.list(&guest, &messages, &files).await?))
}

/// Like or dislike an answer, or take that back.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/messages/{message_id}/feedbacks", params(("installed_app_id" = String, Path), ("message_id" = String, Path)), request_body = FeedbackRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn judge(
    guest: InstalledGuest,
    path: web::Path<(String, MessageId)>,
    Valid(body): Valid<FeedbackRequest>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Success>, ApiError> {
    Ok(web::Json(body.give(&guest, path.1, &messages).await?))
}

/// Questions that might be asked next.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/messages/{message_id}/suggested-questions", params(("installed_app_id" = String, Path), ("message_id" = String, Path)),
    responses((status = 200, body = Suggestions), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn suggested(
    guest: InstalledGuest,
    path: web::Path<(String, MessageId)>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Suggestions>, ApiError> {
    Ok(web::Json(guest::suggestions(&guest, path.1, &messages).await?))
}

/// List what the member keeps.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/saved-messages", params(("installed_app_id" = String, Path), SavedQuery),
    responses((status = 200, body = Scroll<SavedMessageDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn saved(
    guest: InstalledGuest,
    ValidQuery(query): ValidQuery<SavedQuery>,
    saved: web::Data<SavedMessages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<SavedMessageDto>>, ApiError> {
    Ok(web::Json(query.list(&guest, &saved, &files).await?))
}

/// Keep an answer.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/saved-messages", params(("installed_app_id" = String, Path)), request_body = KeepRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn keep(
    guest: InstalledGuest,
    Valid(body): Valid<KeepRequest>,
    saved: web::Data<SavedMessages>,
) -> Result<web::Json<Success>, ApiError> {
    Ok(web::Json(body.keep(&guest, &saved).await?))
}

/// Keep an answer no longer.
#[utoipa::path(delete, path = "/console/api/installed-apps/{installed_app_id}/saved-messages/{message_id}", params(("installed_app_id" = String, Path), ("message_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn forget(
    guest: InstalledGuest,
    path: web::Path<(String, MessageId)>,
    saved: web::Data<SavedMessages>,
) -> Result<HttpResponse, ApiError> {
    guest.require_completion()?;
    saved.forget(&guest.app.app, guest.caller, path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}
