//! Faults of coming back to a run.

use services::reattach::ReattachError;

use crate::error::ApiError;

impl From<ReattachError> for ApiError {
    fn from(e: ReattachError) -> Self {
        match e {
            ReattachError::NoRun | ReattachError::NoTask => Self::not_found(e.to_string()),
            ReattachError::Runs(cause) => Self::unavailable("Redis", &cause),
            ReattachError::Db(cause) => Self::internal(&cause),
        }
    }
}
