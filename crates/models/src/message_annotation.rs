//! Answers that people wrote, to be given in place of a model's: as messages show them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{app_annotation_hit_histories as hits, message_annotations};
use crate::{AccountId, AppId, MessageId};

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = message_annotations, check_for_backend(diesel::pg::Pg))]
pub struct MessageAnnotation {
    pub id: Uuid,
    /// The message whose answer was written anew; `None` for one that was not made from a message.
    pub message_id: Option<MessageId>,
    pub question: String,
    pub content: String,
    pub account_id: AccountId,
    pub created_at: NaiveDateTime,
}

impl MessageAnnotation {
    /// The annotations that were made from several messages of an app, oldest first.
    pub async fn of_messages(
        conn: &mut AsyncPgConnection,
        app: AppId,
        ids: &[MessageId],
    ) -> QueryResult<Vec<(MessageId, Self)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let made: Vec<Self> = Self::query()
            .filter(message_annotations::app_id.eq(app))
            .filter(message_annotations::message_id.eq_any(ids))
            .order((message_annotations::created_at, message_annotations::id))
            .load(conn)
            .await?;
        Ok(made.into_iter().filter_map(|annotation| annotation.message_id.map(|id| (id, annotation))).collect())
    }

    /// The annotations with which several messages of an app were answered, by message, oldest hit first.
    pub async fn that_answered(
        conn: &mut AsyncPgConnection,
        app: AppId,
        ids: &[MessageId],
    ) -> QueryResult<Vec<(MessageId, Self)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        hits::table
            .inner_join(message_annotations::table.on(message_annotations::id.eq(hits::annotation_id)))
            .filter(hits::app_id.eq(app))
            .filter(message_annotations::app_id.eq(app))
            .filter(hits::message_id.eq_any(ids))
            .order((hits::created_at, hits::id))
            .select((hits::message_id, Self::as_select()))
            .load(conn)
            .await
    }
}
