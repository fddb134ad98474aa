//! Faults of uploads and downloads.

use std::error::Error as _;
use std::time::Duration;

use actix_web::http::StatusCode;
use services::files::FileError;

use crate::error::ApiError;

/// When it makes sense to ask for a busy reader again.
const AGAIN: Duration = Duration::from_secs(5);

impl From<FileError> for ApiError {
    fn from(e: FileError) -> Self {
        match e {
            FileError::InvalidName => Self::invalid_param(e.to_string()),
            FileError::UnsupportedType => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_file_type", e.to_string())
            }
            FileError::ExtensionBlocked(_) => {
                Self::new(StatusCode::BAD_REQUEST, "file_extension_blocked", e.to_string())
            }
            FileError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", e.to_string()),
            FileError::NotFound => Self::not_found(e.to_string()),
            FileError::NotAttached => Self::new(StatusCode::NOT_FOUND, "file_not_found", e.to_string()),
            FileError::AccessDenied => Self::new(StatusCode::FORBIDDEN, "file_access_denied", e.to_string()),
            FileError::Infected(_) => Self::new(StatusCode::BAD_REQUEST, "file_infected", e.to_string()),
            FileError::NotScanned(ref cause) => {
                tracing::error!(error = %cause, source = ?cause.source(), "an upload is refused: it was not scanned");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "file_scan_unavailable", e.to_string()).retry_after(AGAIN)
            }
            FileError::Unreadable(why) => Self::invalid_param(why),
            FileError::Busy(why) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", why).retry_after(AGAIN)
            }
            FileError::Storage(e) => Self::internal(&e),
            FileError::Db(e) => Self::internal(&e),
        }
    }
}
