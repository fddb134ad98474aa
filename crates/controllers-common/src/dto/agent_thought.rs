//! A step of an agent on the way to an answer.

use models::agent_thought::AgentThought;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub struct AgentThoughtDto {
    pub id: Uuid,
    pub chain_id: Option<Uuid>,
    pub message_id: Uuid,
    /// From 1.
    pub position: i32,
    pub thought: Option<String>,
    /// Names of tools, joined by `;`.
    pub tool: Option<String>,
    /// Tool name to label.
    #[schema(value_type = Object)]
    pub tool_labels: Map<String, Value>,
    /// JSON text.
    pub tool_input: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    pub observation: Option<String>,
    /// Ids of the message's files that this step made.
    pub files: Vec<String>,
}

impl From<AgentThought> for AgentThoughtDto {
    fn from(row: AgentThought) -> Self {
        Self {
            id: row.id,
            chain_id: row.message_chain_id,
            message_id: row.message_id.0,
            position: row.position,
            thought: row.thought,
            tool: row.tool,
            tool_labels: read(Some(&row.tool_labels_str)),
            tool_input: row.tool_input,
            created_at: row.created_at.and_utc().timestamp(),
            observation: row.observation,
            files: read(row.message_files.as_deref()),
        }
    }
}

/// A JSON text; one that is unset or of another shape counts as empty.
fn read<T: DeserializeOwned + Default>(text: Option<&str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
