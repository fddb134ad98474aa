//! Faults of conversations and messages.

use services::conversations::ConversationError;
use services::messages::MessageError;

use crate::error::ApiError;

impl From<ConversationError> for ApiError {
    fn from(e: ConversationError) -> Self {
        match e {
            ConversationError::NotFound | ConversationError::LastNotFound => Self::not_found(e.to_string()),
            ConversationError::NameRequired => Self::invalid_param(e.to_string()),
            ConversationError::Db(e) => Self::internal(&e),
        }
    }
}

impl From<MessageError> for ApiError {
    fn from(e: MessageError) -> Self {
        match e {
            MessageError::ConversationNotFound | MessageError::FirstNotFound | MessageError::NotFound => {
                Self::not_found(e.to_string())
            }
            MessageError::NoFeedback => Self::invalid_param(e.to_string()),
            MessageError::SuggestionsDisabled => Self::new(
                actix_web::http::StatusCode::FORBIDDEN,
                "app_suggested_questions_after_answer_disabled",
                e.to_string(),
            ),
            MessageError::Generate(e) => e.into(),
            MessageError::Db(e) => Self::internal(&e),
        }
    }
}
