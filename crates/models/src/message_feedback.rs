//! Likes and dislikes.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::message_feedbacks;
use crate::{AccountId, AppId, Caller, ConversationId, EndUserId, MessageId, Rating};

/// `from_source` of a feedback by an end user.
pub const BY_USER: &str = "user";
/// `from_source` of a feedback by a builder.
pub const BY_ADMIN: &str = "admin";

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = message_feedbacks, check_for_backend(diesel::pg::Pg))]
pub struct MessageFeedback {
    pub id: Uuid,
    pub app_id: AppId,
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    pub rating: Rating,
    pub from_source: String,
    pub content: Option<String>,
    pub from_end_user_id: Option<EndUserId>,
    pub from_account_id: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl MessageFeedback {
    /// The feedbacks of several messages, of one side or of both.
    pub async fn of_messages(
        conn: &mut AsyncPgConnection,
        ids: &[MessageId],
        source: Option<&str>,
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query =
            Self::query().filter(message_feedbacks::message_id.eq_any(ids)).order(message_feedbacks::created_at);
        match source {
            None => query.load(conn).await,
            Some(source) => query.filter(message_feedbacks::from_source.eq(source)).load(conn).await,
        }
    }

    /// What the caller's side said of a message.
    pub async fn find(conn: &mut AsyncPgConnection, message: MessageId, caller: Caller) -> QueryResult<Option<Self>> {
        let source = match caller {
            Caller::EndUser(_) => BY_USER,
            Caller::Account(_) => BY_ADMIN,
        };
        Self::query()
            .filter(message_feedbacks::message_id.eq(message))
            .filter(message_feedbacks::from_source.eq(source))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(message_feedbacks::table).values(new).execute(conn).await.map(drop)
    }

    pub async fn change(
        conn: &mut AsyncPgConnection,
        id: Uuid,
        rating: Rating,
        content: Option<&str>,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        diesel::update(message_feedbacks::table.filter(message_feedbacks::id.eq(id)))
            .set((
                message_feedbacks::rating.eq(rating),
                message_feedbacks::content.eq(content),
                message_feedbacks::updated_at.eq(now),
            ))
            .execute(conn)
            .await
            .map(drop)
    }

    pub async fn delete(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
        diesel::delete(message_feedbacks::table.filter(message_feedbacks::id.eq(id))).execute(conn).await.map(drop)
    }

    /// One page of an app's feedbacks, newest first.
    pub async fn page_of_app(
        conn: &mut AsyncPgConnection,
        app: AppId,
        offset: i64,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(message_feedbacks::app_id.eq(app))
            .order((message_feedbacks::created_at.desc(), message_feedbacks::id.desc()))
            .offset(offset)
            .limit(limit)
            .load(conn)
            .await
    }
}
