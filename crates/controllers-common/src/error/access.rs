//! Faults on the way to an app.

use actix_web::http::StatusCode;
use services::directory::AccessError;
use services::published::PassportError;

use crate::error::ApiError;

impl From<AccessError> for ApiError {
    fn from(e: AccessError) -> Self {
        let forbidden = |code: &'static str| Self::new(StatusCode::FORBIDDEN, code, e.to_string());
        match &e {
            AccessError::InvalidKey => Self::unauthorized(e.to_string()),
            AccessError::AppNotFound => forbidden("app_not_found"),
            AccessError::AppAbnormal => forbidden("app_abnormal_status"),
            AccessError::ApiDisabled => forbidden("app_api_disabled"),
            AccessError::WorkspaceArchived => forbidden("workspace_archived"),
            AccessError::WorkspaceNotFound => forbidden("workspace_not_found"),
            AccessError::SessionTooLong => Self::invalid_field("user", e.to_string()),
            AccessError::Internal(_) => Self::internal(&e),
        }
    }
}

impl From<PassportError> for ApiError {
    fn from(e: PassportError) -> Self {
        match e {
            PassportError::MissingCode | PassportError::Missing | PassportError::Invalid => {
                Self::unauthorized(e.to_string())
            }
            PassportError::NotFound => Self::not_found(e.to_string()),
            PassportError::SiteDisabled => Self::bad_request(e.to_string()),
            PassportError::Access(e) => e.into(),
        }
    }
}
