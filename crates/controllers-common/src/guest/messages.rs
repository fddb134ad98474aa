//! The messages of a guest's conversations, what the guest thinks of them, and what to ask next.

use actix_web::http::StatusCode;
use models::{ConversationId, MessageId, Rating};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::messages::{MessageView, Messages, Opinion};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Guest;
use crate::dto::message::metadata;
use crate::dto::{MessageDto, Scroll, Success};
use crate::error::ApiError;
use crate::generation::optional_id;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    conversation_id: String,
    first_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

/// A message, with its stored closing facts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebMessage)]
pub struct GuestMessage {
    #[serde(flatten)]
    message: MessageDto,
    /// `usage`, `retriever_resources`, `annotation_reply`.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl GuestMessage {
    fn new(files: &Files, view: MessageView) -> Self {
        let metadata = metadata(view.message.message_metadata.as_deref());
        Self { metadata, message: MessageDto::new(files, view) }
    }
}

impl MessagesQuery {
    /// The newest messages of a conversation before `first_id`, oldest of them first.
    ///
    /// # Errors
    /// `not_chat_app`, or what is named is not the guest's.
    pub async fn list(
        self,
        guest: &Guest,
        messages: &Messages,
        files: &Files,
    ) -> Result<Scroll<GuestMessage>, ApiError> {
        guest.require_chat()?;
        let limit = self.limit.unwrap_or(20);
        let first = optional_id(self.first_id.as_deref(), "first_id")?.map(MessageId);
        let Some(conversation) = optional_id(Some(&self.conversation_id), "conversation_id")?.map(ConversationId)
        else {
            return Ok(Scroll::empty(limit));
        };
        let page = messages.page(&guest.app.app, guest.caller, conversation, first, limit).await?;
        Ok(Scroll::of(limit, page, |view| GuestMessage::new(files, view)))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestions {
    data: Vec<String>,
}

/// Questions that the guest might ask next.
///
/// # Errors
/// An app without conversations, one that suggests nothing, or no such message.
pub async fn suggestions(guest: &Guest, message: MessageId, messages: &Messages) -> Result<Suggestions, ApiError> {
    // Clients know this fault by the other family's code.
    let wrong_mode = |_: ApiError| {
        let message = "Please check if your Completion app mode matches the right API route.";
        ApiError::new(StatusCode::BAD_REQUEST, "not_completion_app", message)
    };
    guest.require_chat().map_err(wrong_mode)?;
    Ok(Suggestions { data: messages.suggestions(&guest.app, guest.caller, message).await? })
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct FeedbackRequest {
    /// `like`, `dislike`, or null to take it back.
    #[schema(value_type = Option<String>)]
    rating: Option<Rating>,
    content: Option<String>,
}

impl FeedbackRequest {
    /// Likes or dislikes an answer that the guest got, or takes that back.
    ///
    /// # Errors
    /// No such message of the guest's, or nothing to take back.
    pub async fn give(self, guest: &Guest, message: MessageId, messages: &Messages) -> Result<Success, ApiError> {
        let opinion = Opinion { rating: self.rating, content: self.content };
        let app = &guest.app.app;
        // Members may judge every answer of an app where they build it, but not where they use it.
        if guest.caller.account().is_some() {
            messages.require_own(app, guest.caller, message).await?;
        }
        messages.give_opinion(app, guest.caller, message, &opinion).await?;
        Ok(Success::new())
    }
}
