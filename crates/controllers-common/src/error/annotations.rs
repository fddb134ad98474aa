//! Faults of annotations.

use actix_web::http::StatusCode;
use services::annotations::AnnotationError;

use crate::error::ApiError;

impl From<AnnotationError> for ApiError {
    fn from(e: AnnotationError) -> Self {
        let told = e.to_string();
        match e {
            AnnotationError::NoSuchApp => Self::new(StatusCode::NOT_FOUND, "app_not_found", told),
            AnnotationError::NotFound | AnnotationError::NoSuchMessage => Self::not_found(told),
            AnnotationError::Invalid(_) | AnnotationError::NoSuchJob => Self::invalid_param(told),
            AnnotationError::NoOwner => Self::unauthorized(told),
            AnnotationError::TooOften => Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", told),
            AnnotationError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", told),
            AnnotationError::Model(e) => e.into(),
            AnnotationError::Store(e) => e.into(),
            AnnotationError::Db(e) => Self::internal(&e),
        }
    }
}
