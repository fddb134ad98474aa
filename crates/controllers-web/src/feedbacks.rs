//! What visitors think of answers.

use actix_web::web;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::Visitor;
use controllers_common::valid::Valid;
use models::{MessageId, Rating};
use serde::Deserialize;
use services::messages::{Messages, Opinion};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct FeedbackRequest {
    /// `like`, `dislike`, or null to take it back.
    #[schema(value_type = Option<String>)]
    rating: Option<Rating>,
    content: Option<String>,
}

/// Like or dislike an answer, or take that back.
#[utoipa::path(post, path = "/api/messages/{id}/feedbacks", tag = "Feedback", params(("id" = String, Path)),
    request_body = FeedbackRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn give(
    visitor: Visitor,
    id: web::Path<MessageId>,
    Valid(body): Valid<FeedbackRequest>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Success>, ApiError> {
    let opinion = Opinion { rating: body.rating, content: body.content };
    messages.give_opinion(&visitor.app.app, visitor.caller(), *id, &opinion).await?;
    Ok(web::Json(Success::new()))
}
