//! What an agent thought and did on the way to an answer.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::MessageId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::message_agent_thoughts;

/// One step, as lists of messages show it.
#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = message_agent_thoughts, check_for_backend(diesel::pg::Pg))]
pub struct AgentThought {
    pub id: Uuid,
    pub message_id: MessageId,
    pub message_chain_id: Option<Uuid>,
    /// From 1.
    pub position: i32,
    pub thought: Option<String>,
    /// Names of tools, joined by `;`.
    pub tool: Option<String>,
    /// JSON text: the tools' labels by their names.
    pub tool_labels_str: String,
    /// JSON text: the arguments by the tools' names; a plain text in old rows.
    pub tool_input: Option<String>,
    pub observation: Option<String>,
    /// JSON text: a list of ids of `message_files`.
    pub message_files: Option<String>,
    pub created_at: NaiveDateTime,
}

impl AgentThought {
    /// The steps of several messages, in their order.
    pub async fn of_messages(conn: &mut AsyncPgConnection, ids: &[MessageId]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(message_agent_thoughts::message_id.eq_any(ids))
            .order((message_agent_thoughts::position, message_agent_thoughts::created_at))
            .load(conn)
            .await
    }
}
