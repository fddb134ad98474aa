//! Variables of a conversation: one JSON object each.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::workflow_conversation_variables as variables;
use crate::{AppId, ConversationId};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = variables, check_for_backend(diesel::pg::Pg))]
pub struct ConversationVariable {
    pub id: Uuid,
    pub conversation_id: ConversationId,
    pub app_id: AppId,
    /// JSON text `{id, name, description, value_type, value, selector}`.
    pub data: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl ConversationVariable {
    /// All variables of a conversation, oldest first.
    pub async fn of_conversation(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: ConversationId,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(variables::app_id.eq(app))
            .filter(variables::conversation_id.eq(id))
            .order((variables::created_at, variables::id))
            .load(conn)
            .await
    }

    /// Writes another value; `None` if there is no such variable.
    pub async fn change(
        conn: &mut AsyncPgConnection,
        conversation: ConversationId,
        id: Uuid,
        data: &str,
        now: NaiveDateTime,
    ) -> QueryResult<Option<Self>> {
        diesel::update(
            variables::table.filter(variables::conversation_id.eq(conversation)).filter(variables::id.eq(id)),
        )
        .set((variables::data.eq(data), variables::updated_at.eq(now)))
        .returning(Self::as_returning())
        .get_result(conn)
        .await
        .optional()
    }
}
