//! Faults of forms that people fill in.

use actix_web::http::StatusCode;
use services::human_forms::FormError;

use crate::error::ApiError;

impl From<FormError> for ApiError {
    fn from(e: FormError) -> Self {
        match e {
            FormError::NotFound => Self::not_found(e.to_string()),
            FormError::Submitted => {
                Self::new(StatusCode::PRECONDITION_FAILED, "human_input_form_submitted", e.to_string())
            }
            FormError::Expired => Self::new(StatusCode::PRECONDITION_FAILED, "human_input_form_expired", e.to_string()),
            FormError::Invalid(_) => Self::new(StatusCode::BAD_REQUEST, "invalid_form_data", e.to_string()),
            FormError::TooMany { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", e.to_string()).retry_after(retry_after)
            }
            FormError::WrongPass => Self::new(StatusCode::UNAUTHORIZED, "invalid_upload_token", e.to_string()),
            FormError::TooManyFiles => Self::new(StatusCode::BAD_REQUEST, "too_many_files", e.to_string()),
            FormError::Files(fault) => Self::from(*fault),
            FormError::Db(_) | FormError::Damaged(_) => Self::internal(&e),
        }
    }
}
