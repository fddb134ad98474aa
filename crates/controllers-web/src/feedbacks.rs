//! What visitors think of answers.

use actix_web::web;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::FeedbackRequest;
use controllers_common::passport::Visitor;
use controllers_common::valid::Valid;
use models::MessageId;
use services::messages::Messages;

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
    Ok(web::Json(body.give(&visitor.guest(), *id, &messages).await?))
}
