//! Arguments of the routes that ask an app.

use actix_web::HttpResponse;
use models::AppMode;
use runs::{Cursor, RunId};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use services::reattach::{Attached, Wish};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::error::ApiError;
use crate::sse::{Manner, StreamStyle, stream_events};

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

/// How programs are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    Blocking,
    Streaming,
    /// At once; the answer is asked for later, or told.
    Async,
}

impl AnswerMode {
    /// How the answer is to come. Absent and null mean one body, which agents cannot give.
    ///
    /// # Errors
    /// `invalid_param` for an agent that is to answer in one body.
    pub fn of(mode: Option<Self>, app: AppMode) -> Result<Self, ApiError> {
        match mode {
            Some(mode @ (Self::Streaming | Self::Async)) => Ok(mode),
            None | Some(Self::Blocking) => ResponseMode::streams(None, app).map(|_streams| Self::Blocking),
        }
    }

    /// Whether anybody listens to the events.
    pub const fn has_events(self) -> bool {
        matches!(self, Self::Streaming | Self::Async)
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

/// How long a re-attached stream without a snapshot stays open although nothing happens.
const IDLE: std::time::Duration = std::time::Duration::from_secs(300);

/// Arguments of coming back to a run of a workflow.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    pub user: Option<String>,
    /// What the run has come to is told first, then what happens.
    #[serde(default)]
    pub include_state_snapshot: bool,
    /// The stream goes on when the run waits for somebody.
    #[serde(default)]
    pub continue_on_pause: bool,
    /// The id of the last event that the client has; the header `Last-Event-ID` goes before it.
    pub cursor: Option<String>,
}

impl EventsQuery {
    pub fn wish(&self, after: Option<Cursor>) -> Wish {
        Wish { after, snapshot: self.include_state_snapshot, past_pauses: self.continue_on_pause }
    }

    /// Streams what is told of a run to a client that came back: each frame with its id.
    pub fn stream(&self, attached: Attached, style: StreamStyle) -> HttpResponse {
        let manner = Manner::Reattached { idle: (!self.include_state_snapshot).then_some(IDLE) };
        stream_events(attached, StreamStyle { ids: true, ..style }, manner)
    }
}
