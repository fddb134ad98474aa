//! Faults of generations.

use actix_web::http::StatusCode;
use core_app::GenerateError;
use services::generate::AppGenerateError;

use crate::error::ApiError;

impl From<GenerateError> for ApiError {
    fn from(e: GenerateError) -> Self {
        let wire = e.wire();
        if wire.status >= 500 && !matches!(e, GenerateError::ShuttingDown) {
            return Self::internal(&e);
        }
        if let GenerateError::Store(error) = &e {
            tracing::warn!(error = %error, "a request failed for want of the vector store");
        }
        let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = Self::new(status, wire.code, wire.message);
        if matches!(e, GenerateError::Overloaded) {
            error.retry_after(std::time::Duration::from_secs(1))
        } else {
            error
        }
    }
}

impl From<AppGenerateError> for ApiError {
    fn from(e: AppGenerateError) -> Self {
        match e {
            AppGenerateError::TooManyRequests { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", e.to_string()).retry_after(retry_after)
            }
            AppGenerateError::QuotaExhausted { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", e.to_string()).retry_after(retry_after)
            }
            AppGenerateError::NotPublished => Self::invalid_param(e.to_string()),
            AppGenerateError::NoSuchWorkflow | AppGenerateError::NoSuchNode | AppGenerateError::NoSuchMessage => {
                Self::new(StatusCode::NOT_FOUND, "not_found", e.to_string())
            }
            AppGenerateError::MoreLikeThisDisabled => {
                Self::new(StatusCode::FORBIDDEN, "app_more_like_this_disabled", e.to_string())
            }
            AppGenerateError::DraftWorkflow => Self::new(StatusCode::BAD_REQUEST, "bad_request", e.to_string()),
            AppGenerateError::Generate(e) => e.into(),
            AppGenerateError::Runs(e) => Self::internal(&e),
        }
    }
}
