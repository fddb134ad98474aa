//! Answers of a completion app that a guest keeps.

use models::MessageId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::messages::MessageView;
use services::saved_messages::SavedMessages;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::Guest;
use crate::dto::{FeedbackDto, MessageDto, MessageFileDto, Scroll, Success};
use crate::error::ApiError;
use crate::generation::optional_id;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SavedQuery {
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedMessageDto {
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

impl SavedQuery {
    /// # Errors
    /// `not_completion_app`, or a `last_id` that is not the guest's.
    pub async fn list(
        self,
        guest: &Guest,
        saved: &SavedMessages,
        files: &Files,
    ) -> Result<Scroll<SavedMessageDto>, ApiError> {
        guest.require_completion()?;
        let limit = self.limit.unwrap_or(20);
        let last = optional_id(self.last_id.as_deref(), "last_id")?.map(MessageId);
        let page = saved.page(&guest.app.app, guest.caller, last, limit).await?;
        Ok(Scroll::of(limit, page, |view| SavedMessageDto::new(files, view)))
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct KeepRequest {
    #[schema(value_type = String)]
    message_id: MessageId,
}

impl KeepRequest {
    /// # Errors
    /// `not_completion_app`, or no such message of the guest's.
    pub async fn keep(self, guest: &Guest, saved: &SavedMessages) -> Result<Success, ApiError> {
        guest.require_completion()?;
        saved.keep(&guest.app.app, guest.caller, self.message_id).await?;
        Ok(Success::new())
    }
}
