//! Faults of what the explore page offers.

use services::explore::ExploreError;

use crate::error::ApiError;

impl From<ExploreError> for ApiError {
    fn from(e: ExploreError) -> Self {
        match e {
            ExploreError::NoBanners => Self::forbidden(e.to_string()),
            ExploreError::File(cause) => cause.into(),
            ExploreError::Db(cause) => Self::internal(&cause),
        }
    }
}
