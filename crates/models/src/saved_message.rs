//! Answers of completion apps that a person has kept.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::message::Message;
use crate::schema::{messages, saved_messages};
use crate::{AppId, Caller, CreatorRole, MessageId};

#[derive(Debug, Clone, Identifiable, Insertable)]
#[diesel(table_name = saved_messages)]
pub struct SavedMessage {
    pub id: Uuid,
    pub app_id: AppId,
    pub message_id: MessageId,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
}

impl SavedMessage {
    /// Messages that the caller has kept and that are older than `before`, newest first.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        before: Option<(NaiveDateTime, MessageId)>,
        limit: i64,
    ) -> QueryResult<Vec<Message>> {
        let query = Message::query()
            .filter(messages::app_id.eq(app))
            .filter(exists(kept(app, caller.role(), caller.id()).filter(saved_messages::message_id.eq(messages::id))))
            .order((messages::created_at.desc(), messages::id.desc()))
            .limit(limit);
        match before {
            None => query.load(conn).await,
            Some((at, id)) => {
                query
                    .filter(messages::created_at.lt(at).or(messages::created_at.eq(at).and(messages::id.lt(id))))
                    .load(conn)
                    .await
            }
        }
    }

    /// Keeps a message for a caller; keeping it twice is keeping it once.
    pub async fn keep(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        message: MessageId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let of_message = kept(app, caller.role(), caller.id()).filter(saved_messages::message_id.eq(message));
        if diesel::select(exists(of_message)).get_result::<bool>(conn).await? {
            return Ok(());
        }
        let new = Self {
            id: Uuid::new_v4(),
            app_id: app,
            message_id: message,
            created_by_role: caller.role(),
            created_by: caller.id(),
            created_at: now,
        };
        diesel::insert_into(saved_messages::table).values(new).execute(conn).await.map(drop)
    }

    /// Keeps a message no longer; no error if it was not kept.
    pub async fn forget(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        message: MessageId,
    ) -> QueryResult<()> {
        let of_message = kept(app, caller.role(), caller.id()).filter(saved_messages::message_id.eq(message));
        diesel::delete(of_message).execute(conn).await.map(drop)
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn kept(app: AppId, role: CreatorRole, caller: Uuid) -> _ {
    saved_messages::table
        .filter(saved_messages::app_id.eq(app))
        .filter(saved_messages::created_by_role.eq(role))
        .filter(saved_messages::created_by.eq(caller))
}
