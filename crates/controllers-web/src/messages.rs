//! The messages of a conversation, and what to ask next.

use actix_web::http::StatusCode;
use actix_web::web;
use controllers_common::dto::message::metadata;
use controllers_common::dto::{MessageDto, Scroll};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::passport::Visitor;
use controllers_common::valid::ValidQuery;
use models::{ConversationId, MessageId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::messages::{MessageView, Messages};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    conversation_id: String,
    first_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

/// A message, with its stored closing facts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebMessage {
    #[serde(flatten)]
    message: MessageDto,
    /// `usage`, `retriever_resources`, `annotation_reply`.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl WebMessage {
    fn new(files: &Files, view: MessageView) -> Self {
        let metadata = metadata(view.message.message_metadata.as_deref());
        Self { metadata, message: MessageDto::new(files, view) }
    }
}

/// List the messages of a conversation, newest page first, oldest message of a page first.
#[utoipa::path(get, path = "/api/messages", tag = "Chat", params(ListQuery),
    responses((status = 200, body = Scroll<WebMessage>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<ListQuery>,
    messages: web::Data<Messages>,
    files: web::Data<Files>,
) -> Result<web::Json<Scroll<WebMessage>>, ApiError> {
    visitor.require_chat()?;
    let limit = query.limit.unwrap_or(20);
    let first = optional_id(query.first_id.as_deref(), "first_id")?.map(MessageId);
    let Some(conversation) = optional_id(Some(&query.conversation_id), "conversation_id")?.map(ConversationId) else {
        return Ok(web::Json(Scroll::empty(limit)));
    };
    let page = messages.page(&visitor.app.app, visitor.caller(), conversation, first, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, |view| WebMessage::new(&files, view))))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suggestions {
    data: Vec<String>,
}

/// Questions that the visitor might ask next.
#[utoipa::path(get, path = "/api/messages/{id}/suggested-questions", tag = "Chat", params(("id" = String, Path)),
    responses((status = 200, body = Suggestions), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn suggested(
    visitor: Visitor,
    id: web::Path<MessageId>,
    messages: web::Data<Messages>,
) -> Result<web::Json<Suggestions>, ApiError> {
    // Clients know this fault by the other family's code.
    let wrong_mode = |_: ApiError| {
        let message = "Please check if your Completion app mode matches the right API route.";
        ApiError::new(StatusCode::BAD_REQUEST, "not_completion_app", message)
    };
    visitor.require_chat().map_err(wrong_mode)?;
    let data = messages.suggestions(&visitor.app, visitor.caller(), *id).await?;
    Ok(web::Json(Suggestions { data }))
}
