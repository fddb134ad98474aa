//! Messages: one row per question and its answer.
//!
//! A row is written when a generation begins (with an empty answer) and changed once, when it ends. Both writes also
//! touch the conversation, in the same statement.

use bigdecimal::BigDecimal;
use chrono::NaiveDateTime;
use diesel::dsl::{IntoBoxed, Select};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::conversation::NewConversation;
use crate::db::{AsyncConnection, AsyncPgConnection, Both, QueryResult};
use crate::schema::{conversations, messages};
use crate::{
    AccountId, AppId, AppMode, Caller, ConversationId, EndUserId, FromSource, InvokeFrom, MessageId, MessageStatus,
    WorkflowRunId,
};

/// The parent of a message that names none: it follows whatever precedes it.
pub const NO_PARENT: Uuid = Uuid::nil();

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = messages, check_for_backend(Pg))]
pub struct Message {
    pub id: MessageId,
    pub app_id: AppId,
    pub conversation_id: ConversationId,
    pub inputs: Value,
    pub query: String,
    /// The prompt that was sent: `[{role, text, files}]`.
    pub message: Value,
    pub message_tokens: i32,
    pub answer: String,
    pub answer_tokens: i32,
    pub parent_message_id: Option<Uuid>,
    /// Seconds.
    pub provider_response_latency: f64,
    pub total_price: Option<BigDecimal>,
    pub currency: String,
    pub status: MessageStatus,
    pub error: Option<String>,
    /// JSON text `{usage, retriever_resources, annotation_reply}`.
    pub message_metadata: Option<String>,
    pub invoke_from: Option<InvokeFrom>,
    pub from_source: FromSource,
    pub from_end_user_id: Option<EndUserId>,
    pub from_account_id: Option<AccountId>,
    pub workflow_run_id: Option<Uuid>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub struct NewMessage<'a> {
    pub id: MessageId,
    pub app_id: AppId,
    pub model_provider: Option<&'a str>,
    pub model_id: Option<&'a str>,
    pub override_model_configs: Option<&'a str>,
    pub conversation_id: ConversationId,
    pub inputs: Value,
    pub query: &'a str,
    pub message: Value,
    pub message_unit_price: BigDecimal,
    pub answer: &'a str,
    pub answer_unit_price: BigDecimal,
    pub parent_message_id: Option<Uuid>,
    pub total_price: BigDecimal,
    pub currency: &'a str,
    pub status: MessageStatus,
    pub invoke_from: InvokeFrom,
    pub from_source: FromSource,
    pub from_end_user_id: Option<EndUserId>,
    pub from_account_id: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub agent_based: bool,
    pub app_mode: AppMode,
    /// The run that answers, in apps that are workflows.
    pub workflow_run_id: Option<WorkflowRunId>,
}

/// How a generation ended.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = messages, treat_none_as_null = true)]
pub struct MessageEnd<'a> {
    pub message: Value,
    pub message_tokens: i32,
    pub message_unit_price: BigDecimal,
    pub message_price_unit: BigDecimal,
    pub answer: &'a str,
    pub answer_tokens: i32,
    pub answer_unit_price: BigDecimal,
    pub answer_price_unit: BigDecimal,
    pub provider_response_latency: f64,
    pub total_price: BigDecimal,
    pub currency: &'a str,
    pub status: MessageStatus,
    pub error: Option<&'a str>,
    pub message_metadata: Option<&'a str>,
    pub updated_at: NaiveDateTime,
}

/// What the memory of a conversation needs of a past message.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = messages, check_for_backend(Pg))]
pub struct PastMessage {
    pub id: MessageId,
    pub parent_message_id: Option<Uuid>,
    pub query: String,
    pub answer: String,
    pub created_at: NaiveDateTime,
}

/// The ids of the newest messages of a conversation, or of the newest before one. `ferrify_messages_page_idx` alone tells
/// them; asked for whole rows in this order, Postgres may rather walk through all conversations by time.
fn newest<'a>(
    conversation: ConversationId,
    before: Option<(NaiveDateTime, MessageId)>,
    limit: i64,
) -> IntoBoxed<'a, Select<messages::table, messages::id>, Pg> {
    let query = messages::table
        .select(messages::id)
        .filter(messages::conversation_id.eq(conversation))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(limit)
        .into_boxed();
    match before {
        None => query,
        // The first condition is said apart, as a bound of the index.
        Some((at, id)) => {
            query.filter(messages::created_at.le(at)).filter(messages::created_at.lt(at).or(messages::id.lt(id)))
        }
    }
}

impl Message {
    /// Writes a new conversation with its first message.
    pub async fn begin_conversation(
        conn: &mut AsyncPgConnection,
        conversation: &NewConversation<'_>,
        message: &NewMessage<'_>,
    ) -> QueryResult<()> {
        let first = diesel::insert_into(conversations::table).values(conversation.clone());
        let then = diesel::insert_into(messages::table).values(message.clone());
        Both(first, then).execute(conn).await.map(drop)
    }

    /// Writes a conversation that was led elsewhere so far, with its messages.
    pub async fn continue_elsewhere(
        conn: &mut AsyncPgConnection,
        conversation: &NewConversation<'_>,
        past: &[NewMessage<'_>],
    ) -> QueryResult<()> {
        conn.transaction(async |conn| {
            diesel::insert_into(conversations::table).values(conversation.clone()).execute(conn).await?;
            diesel::insert_into(messages::table).values(past.to_vec()).execute(conn).await.map(drop)
        })
        .await
    }

    /// Writes the next message of a conversation.
    pub async fn begin(conn: &mut AsyncPgConnection, message: &NewMessage<'_>) -> QueryResult<()> {
        let first = diesel::update(conversations::table.filter(conversations::id.eq(message.conversation_id))).set((
            conversations::dialogue_count.eq(conversations::dialogue_count + 1),
            conversations::updated_at.eq(message.created_at),
        ));
        let then = diesel::insert_into(messages::table).values(message.clone());
        Both(first, then).execute(conn).await.map(drop)
    }

    /// Writes how the generation ended.
    pub async fn end(
        conn: &mut AsyncPgConnection,
        conversation: ConversationId,
        id: MessageId,
        end: &MessageEnd<'_>,
    ) -> QueryResult<()> {
        let first = diesel::update(conversations::table.filter(conversations::id.eq(conversation)))
            .set(conversations::updated_at.eq(end.updated_at));
        let then = diesel::update(messages::table.filter(messages::id.eq(id))).set(end.clone());
        Both(first, then).execute(conn).await.map(drop)
    }

    /// Marks a message whose process died as failed, unless it ended after all. A message that is `normal` with an
    /// empty answer and no latency has not ended, nor has one whose run had paused.
    pub async fn abandon(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: MessageId,
        error: &str,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let unfinished = messages::table.filter(messages::app_id.eq(app)).filter(messages::id.eq(id)).filter(
            messages::status.eq(MessageStatus::Paused).or(messages::status
                .eq(MessageStatus::Normal)
                .and(messages::answer.eq(""))
                .and(messages::provider_response_latency.eq(0.0))
                .and(messages::message_metadata.is_null())),
        );
        let rows = diesel::update(unfinished)
            .set((messages::status.eq(MessageStatus::Error), messages::error.eq(error), messages::updated_at.eq(now)))
            .execute(conn)
            .await?;
        Ok(rows > 0)
    }

    /// Names the run that answers, where that was not known when the message was written. One statement.
    pub async fn set_run(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: MessageId,
        run: WorkflowRunId,
    ) -> QueryResult<()> {
        let message = messages::table.filter(messages::app_id.eq(app)).filter(messages::id.eq(id));
        diesel::update(message).set(messages::workflow_run_id.eq(run)).execute(conn).await.map(drop)
    }

    /// Marks the message of a run that waits and never goes on as failed. One statement.
    pub async fn abandon_paused(
        conn: &mut AsyncPgConnection,
        app: AppId,
        run: WorkflowRunId,
        error: &str,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let waiting = messages::table
            .filter(messages::app_id.eq(app))
            .filter(messages::workflow_run_id.eq(run))
            .filter(messages::status.eq(MessageStatus::Paused));
        diesel::update(waiting)
            .set((messages::status.eq(MessageStatus::Error), messages::error.eq(error), messages::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// The newest messages of a conversation, newest first.
    pub async fn past(
        conn: &mut AsyncPgConnection,
        conversation: ConversationId,
        limit: i64,
    ) -> QueryResult<Vec<PastMessage>> {
        PastMessage::query()
            .filter(messages::id.eq_any(newest(conversation, None, limit)))
            .order((messages::created_at.desc(), messages::id.desc()))
            .load(conn)
            .await
    }

    /// A message of the caller.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        id: MessageId,
    ) -> QueryResult<Option<Self>> {
        let query = Self::query().filter(messages::app_id.eq(app)).filter(messages::id.eq(id));
        match caller {
            Caller::EndUser(user) => query
                .filter(messages::from_source.eq(FromSource::Api))
                .filter(messages::from_end_user_id.eq(user))
                .first(conn)
                .await
                .optional(),
            Caller::Account(account) => query
                .filter(messages::from_source.eq(FromSource::Console))
                .filter(messages::from_account_id.eq(account))
                .first(conn)
                .await
                .optional(),
        }
    }

    /// A message of the app, whoever asked it: for builders.
    pub async fn find_in_app(conn: &mut AsyncPgConnection, app: AppId, id: MessageId) -> QueryResult<Option<Self>> {
        Self::query().filter(messages::app_id.eq(app)).filter(messages::id.eq(id)).first(conn).await.optional()
    }

    /// The newest messages of a conversation that are older than `before`, newest first.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        conversation: ConversationId,
        before: Option<(NaiveDateTime, MessageId)>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(messages::id.eq_any(newest(conversation, before, limit)))
            .order((messages::created_at.desc(), messages::id.desc()))
            .load(conn)
            .await
    }

    /// The first message of a conversation.
    pub async fn first_of(conn: &mut AsyncPgConnection, conversation: ConversationId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(messages::conversation_id.eq(conversation))
            .order((messages::created_at, messages::id))
            .first(conn)
            .await
            .optional()
    }
}
