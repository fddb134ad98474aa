//! Faults of published pages and of files that they fetch.

use actix_web::http::StatusCode;
use services::branding::BrandingError;
use services::remote_files::RemoteFileError;

use crate::error::ApiError;

impl From<BrandingError> for ApiError {
    fn from(e: BrandingError) -> Self {
        match e {
            BrandingError::NotServed => Self::forbidden(e.to_string()),
            BrandingError::NoLogo => Self::not_found(e.to_string()),
            BrandingError::NoPicture => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_file_type", e.to_string())
            }
            BrandingError::File(e) => e.into(),
            BrandingError::Db(e) => Self::internal(&e),
            BrandingError::Shared(e) => Self::internal(&e),
        }
    }
}

impl From<RemoteFileError> for ApiError {
    fn from(e: RemoteFileError) -> Self {
        match e {
            RemoteFileError::Unreachable(_) => {
                Self::new(StatusCode::BAD_REQUEST, "remote_file_upload_error", e.to_string())
            }
            RemoteFileError::File(e) => e.into(),
        }
    }
}
