//! Variables of a conversation: one JSON object each.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::workflow_conversation_variables as variables;
use crate::{AppId, ConversationId};

#[derive(Debug, Clone, HasQuery, Insertable)]
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

/// The id of the row of a variable: its definition's, which in files written by hand may be any text. Such a text has
/// always the same row id (FNV-1a of 128 bits, marked as a version 8 UUID).
pub fn row_id(definition: &str) -> Uuid {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    definition.parse().unwrap_or_else(|_free_text| {
        let hash = definition.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
        let marked = hash & !(0xf << 76) | (0x8 << 76);
        Uuid::from_u128(marked & !(0b11 << 62) | (0b10 << 62))
    })
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

    /// Writes variables that a conversation does not have yet; those that it has stay. One statement; none for no rows.
    pub async fn insert_missing(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        diesel::insert_into(variables::table)
            .values(rows)
            .on_conflict((variables::id, variables::conversation_id))
            .do_nothing()
            .execute(conn)
            .await
            .map(drop)
    }

    /// Writes new values of variables, whether the conversation has them or not; (id, conversation) pairs of one call
    /// must differ. One statement; none for no rows.
    pub async fn upsert_all(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        diesel::insert_into(variables::table)
            .values(rows)
            .on_conflict((variables::id, variables::conversation_id))
            .do_update()
            .set((
                variables::data.eq(excluded(variables::data)),
                variables::updated_at.eq(excluded(variables::updated_at)),
            ))
            .execute(conn)
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_has_a_row_id_of_its_own() {
        let id = Uuid::new_v4();
        assert_eq!(row_id(&id.to_string()), id);
        assert_eq!(row_id("counter"), row_id("counter"));
        assert_ne!(row_id("counter"), row_id("counter2"));
        assert_eq!(row_id("counter").get_version_num(), 8);
    }
}
