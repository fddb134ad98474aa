//! Faults of conversation variables.

use services::conversation_variables::VariableError;

use crate::error::ApiError;

impl From<VariableError> for ApiError {
    fn from(e: VariableError) -> Self {
        match e {
            VariableError::ConversationNotFound | VariableError::NotFound => Self::not_found(e.to_string()),
            VariableError::LastNotFound => Self::invalid_param(e.to_string()),
            VariableError::TypeMismatch(_) => Self::bad_request(e.to_string()),
            VariableError::Db(e) => Self::internal(&e),
        }
    }
}

impl From<models::db::DbError> for ApiError {
    fn from(e: models::db::DbError) -> Self {
        Self::internal(&e)
    }
}
