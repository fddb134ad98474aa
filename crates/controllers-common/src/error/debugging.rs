//! Faults of trying an app out.

use services::debugging::DebugError;

use crate::error::ApiError;

impl From<DebugError> for ApiError {
    fn from(e: DebugError) -> Self {
        match e {
            DebugError::App(e) => e.into(),
            DebugError::Access(e) => e.into(),
            DebugError::Generate(e) => e.into(),
            DebugError::Message(e) => e.into(),
        }
    }
}
