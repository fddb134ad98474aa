//! A conversation of an end user.

use models::conversation::Conversation;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationDto {
    pub id: Uuid,
    pub name: String,
    /// Those of the first message.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub status: String,
    pub introduction: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    pub updated_at: i64,
}

impl From<Conversation> for ConversationDto {
    fn from(row: Conversation) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            inputs: super::object(row.inputs),
            status: row.status,
            introduction: row.introduction,
            created_at: row.created_at.and_utc().timestamp(),
            updated_at: row.updated_at.and_utc().timestamp(),
        }
    }
}
