//! Faults of answers that come later.

use services::async_runs::AsyncRunError;

use crate::error::ApiError;

impl From<AsyncRunError> for ApiError {
    fn from(e: AsyncRunError) -> Self {
        match e {
            AsyncRunError::NoTask => Self::not_found(e.to_string()),
            AsyncRunError::Callback(_) => Self::invalid_field("callback_url", e.to_string()),
            AsyncRunError::Db(cause) => Self::internal(&cause),
        }
    }
}
