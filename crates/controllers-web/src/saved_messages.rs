//! Answers of a completion app that the visitor keeps.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{KeepRequest, SavedMessageDto, SavedQuery};
use controllers_common::passport::Visitor;
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use services::files::Files;
use services::saved_messages::SavedMessages;

/// List what the visitor keeps.
#[utoipa::path(get, path = "/api/saved-messages", tag = "Completion", params(SavedQuery),
    responses((status = 200, body = Scroll<SavedMessageDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<SavedQuery>,
    saved: web::Data<SavedMessages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<SavedMessageDto>>, ApiError> {
    Ok(web::Json(query.list(&visitor.guest(), &saved, &files).await?))
}

/// Keep an answer.
#[utoipa::path(post, path = "/api/saved-messages", tag = "Completion", request_body = KeepRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn keep(
    visitor: Visitor,
    Valid(body): Valid<KeepRequest>,
    saved: web::Data<SavedMessages>,
) -> Result<web::Json<Success>, ApiError> {
    Ok(web::Json(body.keep(&visitor.guest(), &saved).await?))
}

/// Keep an answer no longer.
#[utoipa::path(delete, path = "/api/saved-messages/{id}", tag = "Completion", params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn forget(
    visitor: Visitor,
    id: web::Path<MessageId>,
    saved: web::Data<SavedMessages>,
) -> Result<HttpResponse, ApiError> {
    visitor.guest().require_completion()?;
    saved.forget(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
