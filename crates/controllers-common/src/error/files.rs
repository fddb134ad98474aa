//! Faults of uploads and downloads.

use actix_web::http::StatusCode;
use services::files::FileError;

use crate::error::ApiError;

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
            FileError::Storage(e) => Self::internal(&e),
            FileError::Db(e) => Self::internal(&e),
        }
    }
}
