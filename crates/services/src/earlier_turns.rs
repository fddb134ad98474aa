//! Conversations that a caller remembers, and not this server: each question brings the earlier turns along.
//!
//! The turns become messages of a conversation of their own, so that every mode of app remembers them in its usual way.
//! A conversation that nobody asked to keep is hidden as soon as its question is on its way, and removed when no run of
//! it can be alive any more.

use chrono::{TimeDelta, Utc};
use models::app::App;
use models::conversation::{self, Conversation, NewConversation};
use models::db::{AsyncConnection, DbError, Pool, QueryError};
use models::message::{Message, NO_PARENT, NewMessage};
use models::{ConversationId, InvokeFrom, MessageId, MessageStatus};

use crate::generate::Asker;
use crate::purge;

/// Turns that are kept, the latest ones.
pub const MOST_TURNS: usize = 200;
/// After this no run of a hidden conversation is alive, and none can be re-attached to.
const KEPT_HOURS: i64 = 24;

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierTurn {
    pub query: String,
    pub answer: String,
}

impl EarlierTurn {
    /// A turn in which nobody has said anything yet.
    pub const fn empty() -> Self {
        Self { query: String::new(), answer: String::new() }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct EarlierTurns {
    pool: Pool,
}

impl EarlierTurns {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Begins a conversation of the caller's with turns that it has had already; only the latest [`MOST_TURNS`] are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remember(
        &self,
        app: &App,
        asker: &Asker,
        turns: &[EarlierTurn],
        invoke_from: InvokeFrom,
    ) -> Result<ConversationId, DbError> {
        let turns = turns.get(turns.len().saturating_sub(MOST_TURNS)..).unwrap_or_default();
        let id = ConversationId::random();
        // A moment apart, so that their order is certain, and all of them before the question.
        let count = i64::try_from(turns.len()).unwrap_or(i64::MAX);
        let begun = Utc::now().naive_utc() - TimeDelta::milliseconds(count.saturating_add(1));
        let name = core_app::conversation_name(turns.first().map(|turn| turn.query.as_str()).unwrap_or_default());
        let caller = asker.caller;
        let new = NewConversation {
            id,
            app_id: app.id,
            app_model_config_id: app.app_model_config_id,
            model_provider: None,
            override_model_configs: None,
            model_id: None,
            mode: app.mode,
            name: &name,
            inputs: serde_json::json!({}),
            introduction: None,
            system_instruction: Some(""),
            status: conversation::NORMAL,
            invoke_from,
            from_source: invoke_from.source(),
            from_end_user_id: caller.end_user(),
            from_account_id: caller.account(),
            dialogue_count: i32::try_from(turns.len()).unwrap_or(i32::MAX),
            created_at: begun,
            updated_at: begun,
        };
        let free = || bigdecimal::BigDecimal::from(0);
        let messages: Vec<NewMessage<'_>> = (1_i64..)
            .zip(turns)
            .map(|(position, turn)| NewMessage {
                id: MessageId::random(),
                app_id: app.id,
                model_provider: None,
                model_id: None,
                override_model_configs: None,
                conversation_id: id,
                inputs: serde_json::json!({}),
                query: &turn.query,
                message: serde_json::json!([]),
                message_unit_price: free(),
                answer: &turn.answer,
                answer_unit_price: free(),
                parent_message_id: Some(NO_PARENT),
                total_price: free(),
                currency: "USD",
                status: MessageStatus::Normal,
                invoke_from,
                from_source: invoke_from.source(),
                from_end_user_id: caller.end_user(),
                from_account_id: caller.account(),
                created_at: begun + TimeDelta::milliseconds(position),
                updated_at: begun + TimeDelta::milliseconds(position),
                agent_based: false,
                app_mode: app.mode,
                workflow_run_id: None,
            })
            .collect();
        let mut conn = self.pool.get().await?;
        Message::continue_elsewhere(&mut conn, &new, &messages).await?;
        Ok(id)
    }

    /// Hides a conversation of the caller's whose question is on its way, to be removed later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hide(&self, app: &App, asker: &Asker, id: ConversationId) -> Result<(), DbError> {
        let now = Utc::now();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if Conversation::delete(conn, app.id, asker.caller, id, now.naive_utc()).await? {
                purge::conversation_at(conn, app.tenant_id, id, now + TimeDelta::hours(KEPT_HOURS)).await?;
            }
            Ok::<_, QueryError>(())
        })
        .await?;
        Ok(())
    }
}
