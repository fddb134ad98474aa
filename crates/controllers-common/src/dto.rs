//! Responses that several tiers share. Rows are not responses: each type here says what goes over the wire.

pub mod agent_thought;
pub mod annotation;
pub mod branding;
pub mod conversation;
pub mod file;
pub mod human_form;
pub mod knowledge;
pub mod message;
pub mod model;
pub mod parameters;
pub mod remote_file;
pub mod scroll;
pub mod site;
pub mod workflow_log;

pub use agent_thought::AgentThoughtDto;
pub use branding::CustomConfigDto;
pub use conversation::ConversationDto;
pub use file::{FileDto, MessageFileDto};
pub use message::{FeedbackDto, MessageDto, RetrieverResourceDto};
pub use parameters::ParametersDto;
pub use scroll::Scroll;
pub use site::SiteDto;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What a route answers that only has to say that it worked.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Success {
    /// Always `success`.
    result: &'static str,
}

impl Success {
    pub const fn new() -> Self {
        Self { result: "success" }
    }
}

impl Default for Success {
    fn default() -> Self {
        Self::new()
    }
}

/// A stored value that is an object on the wire; anything else is an empty one.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
