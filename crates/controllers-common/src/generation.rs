//! Arguments of the routes that ask an app.

use models::AppMode;
use runs::RunId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;

/// One JSON body, or a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    Blocking,
    Streaming,
}

impl ResponseMode {
    /// Whether the answer is to be a stream. Absent and null mean one body, which agents cannot give.
    ///
    /// # Errors
    /// `invalid_param` for an agent that is not asked to stream.
    pub fn streams(mode: Option<Self>, app: AppMode) -> Result<bool, ApiError> {
        let streams = mode == Some(Self::Streaming);
        if app == AppMode::AgentChat && !streams {
            return Err(ApiError::invalid_param("Agent Chat App does not support blocking mode"));
        }
        Ok(streams)
    }
}

/// File objects as they came; null is none.
#[derive(Debug, Default, ToSchema)]
#[schema(value_type = Vec<Object>)]
pub struct FileList(pub Vec<Map<String, Value>>);

impl<'de> Deserialize<'de> for FileList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// An id that may be missing or blank.
///
/// # Errors
/// `invalid_param` for anything else that is no UUID.
pub fn optional_id(text: Option<&str>, field: &str) -> Result<Option<Uuid>, ApiError> {
    match text.map(str::trim).filter(|t| !t.is_empty()) {
        None => Ok(None),
        Some(text) => Uuid::parse_str(text)
            .map(Some)
            .map_err(|_shape| ApiError::invalid_field(field, format!("{field}: {text} is not a valid uuid."))),
    }
}

/// The task in a path; what is no id is no task.
pub fn task_id(text: &str) -> Option<RunId> {
    text.parse().ok()
}
