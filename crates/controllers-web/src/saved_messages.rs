//! Answers of a completion app that the visitor keeps.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{FeedbackDto, MessageDto, MessageFileDto, Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::passport::Visitor;
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::messages::MessageView;
use services::saved_messages::SavedMessages;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedMessageDto {
    id: Uuid,
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    query: String,
    answer: String,
    message_files: Vec<MessageFileDto>,
    feedback: Option<FeedbackDto>,
    /// Unix seconds; of the message.
    created_at: i64,
}

impl SavedMessageDto {
    fn new(files: &Files, view: MessageView) -> Self {
        let MessageDto { id, inputs, query, answer, message_files, feedback, created_at, .. } =
            MessageDto::new(files, view);
        Self { id, inputs, query, answer, message_files, feedback, created_at }
    }
}

/// List what the visitor keeps.
#[utoipa::path(get, path = "/api/saved-messages", tag = "Completion", params(ListQuery),
    responses((status = 200, body = Scroll<SavedMessageDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<ListQuery>,
    saved: web::Data<SavedMessages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<SavedMessageDto>>, ApiError> {
    visitor.require_completion()?;
    let limit = query.limit.unwrap_or(20);
    let last = optional_id(query.last_id.as_deref(), "last_id")?.map(MessageId);
    let page = saved.page(&visitor.app.app, visitor.caller(), last, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, |view| SavedMessageDto::new(&files, view))))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct KeepRequest {
    #[schema(value_type = String)]
    message_id: MessageId,
}

/// Keep an answer.
#[utoipa::path(post, path = "/api/saved-messages", tag = "Completion", request_body = KeepRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn keep(
    visitor: Visitor,
    Valid(body): Valid<KeepRequest>,
    saved: web::Data<SavedMessages>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_completion()?;
    saved.keep(&visitor.app.app, visitor.caller(), body.message_id).await?;
    Ok(web::Json(Success::new()))
}

/// Keep an answer no longer.
#[utoipa::path(delete, path = "/api/saved-messages/{id}", tag = "Completion", params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn forget(
    visitor: Visitor,
    id: web::Path<MessageId>,
    saved: web::Data<SavedMessages>,
) -> Result<HttpResponse, ApiError> {
    visitor.require_completion()?;
    saved.forget(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
