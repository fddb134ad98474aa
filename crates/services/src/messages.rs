//! The messages of a conversation, what people thought of them, and what they might ask next.

mod view;

use chrono::Utc;
use core_app::{Engine, GenerateError};
use models::app::App;
use models::conversation::Conversation;
use models::db::{self, AsyncConnection, AsyncPgConnection, DbError, Pool, PoolError, QueryError};
use models::message::Message;
use models::message_feedback::{BY_ADMIN, BY_USER, MessageFeedback};
use models::{Caller, ConversationId, MessageId, Rating};
use uuid::Uuid;

use crate::conversations::Page;
use crate::directory::LiveApp;

pub(crate) use view::views;
pub use view::{FileSource, FileView, MessageView};

#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("Conversation Not Exists.")]
    ConversationNotFound,
    #[error("First Message Not Exists.")]
    FirstNotFound,
    #[error("Message Not Exists.")]
    NotFound,
    /// Nothing to take back.
    #[error("rating cannot be None when feedback not exists")]
    NoFeedback,
    /// The app does not suggest questions.
    #[error("Suggested Questions Is Disabled.")]
    SuggestionsDisabled,
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for MessageError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for MessageError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What a person thinks of an answer.
#[derive(Debug)]
pub struct Opinion {
    /// `None` takes an earlier one back.
    pub rating: Option<Rating>,
    pub content: Option<String>,
}

async fn record(
    conn: &mut AsyncPgConnection,
    message: &Message,
    caller: Caller,
    opinion: &Opinion,
) -> Result<(), MessageError> {
    let existing = MessageFeedback::find(conn, message.id, caller).await?;
    let now = Utc::now().naive_utc();
    match (existing, opinion.rating) {
        (None, None) => Err(MessageError::NoFeedback),
        (Some(old), None) => Ok(MessageFeedback::delete(conn, old.id).await?),
        (Some(old), Some(rating)) => {
            Ok(MessageFeedback::change(conn, old.id, rating, opinion.content.as_deref(), now).await?)
        }
        (None, Some(rating)) => {
            let new = MessageFeedback {
                id: Uuid::new_v4(),
                app_id: message.app_id,
                conversation_id: message.conversation_id,
                message_id: message.id,
                rating,
                from_source: if caller.end_user().is_some() { BY_USER } else { BY_ADMIN }.to_owned(),
                content: opinion.content.clone(),
                from_end_user_id: caller.end_user(),
                from_account_id: caller.account(),
                created_at: now,
                updated_at: now,
            };
            Ok(MessageFeedback::insert(conn, &new).await?)
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    pool: Pool,
    engine: Engine,
}

impl Messages {
    pub fn new(pool: Pool, engine: Engine) -> Self {
        Self { pool, engine }
    }

    /// The newest messages before `first`, oldest of them first.
    ///
    /// # Errors
    /// `ConversationNotFound` or `FirstNotFound`.
    pub async fn page(
        &self,
        app: &App,
        caller: Caller,
        conversation: ConversationId,
        first: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<MessageView>, MessageError> {
        let mut conn = self.pool.get().await?;
        Conversation::find(&mut conn, app.id, caller, conversation).await?.ok_or(MessageError::ConversationNotFound)?;
        let before = match first {
            None => None,
            Some(id) => {
                let found =
                    Message::find_in_app(&mut conn, app.id, id).await?.filter(|m| m.conversation_id == conversation);
                found.map(|m| Some((m.created_at, m.id))).ok_or(MessageError::FirstNotFound)?
            }
        };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut page = Page::of(Message::page(&mut conn, conversation, before, wanted).await?, limit);
        page.items.reverse();
        let items = views(&mut conn, app.tenant_id, page.items).await?;
        Ok(Page { items, has_more: page.has_more })
    }

    /// A message of the app, whoever asked it: for builders.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn in_app(&self, app: &App, id: MessageId) -> Result<MessageView, MessageError> {
        let mut conn = self.pool.get().await?;
        let message = Message::find_in_app(&mut conn, app.id, id).await?.ok_or(MessageError::NotFound)?;
        views(&mut conn, app.tenant_id, vec![message]).await?.pop().ok_or(MessageError::NotFound)
    }

    /// That a message is one of the caller's.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn require_own(&self, app: &App, caller: Caller, id: MessageId) -> Result<(), MessageError> {
        let found = Message::find(&mut *self.pool.get().await?, app.id, caller, id).await?;
        found.map(drop).ok_or(MessageError::NotFound)
    }

    /// Records what the caller thinks of a message.
    ///
    /// # Errors
    /// `NotFound`, or `NoFeedback` when there is nothing to take back.
    pub async fn give_opinion(
        &self,
        app: &App,
        caller: Caller,
        id: MessageId,
        opinion: &Opinion,
    ) -> Result<(), MessageError> {
        let mut conn = self.pool.get().await?;
        // Builders may judge every answer of their app.
        let message = match caller {
            Caller::EndUser(_) => Message::find(&mut conn, app.id, caller, id).await?,
            Caller::Account(_) => Message::find_in_app(&mut conn, app.id, id).await?,
        };
        let message = message.ok_or(MessageError::NotFound)?;
        conn.transaction(async |conn| {
            // A click and its repetition: the second one changes the first one's row.
            db::alone_at(conn, &format!("feedback on {id}")).await?;
            record(conn, &message, caller, opinion).await
        })
        .await
    }

    /// One page of an app's feedbacks, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feedbacks(&self, app: &App, page: i64, limit: i64) -> Result<Vec<MessageFeedback>, MessageError> {
        let offset = page.saturating_sub(1).saturating_mul(limit);
        Ok(MessageFeedback::page_of_app(&mut *self.pool.get().await?, app.id, offset, limit).await?)
    }

    /// Questions that the caller might ask after this message.
    ///
    /// # Errors
    /// `SuggestionsDisabled`, or `NotFound`.
    pub async fn suggestions(&self, app: &LiveApp, caller: Caller, id: MessageId) -> Result<Vec<String>, MessageError> {
        let message = {
            let mut conn = self.pool.get().await?;
            Message::find(&mut conn, app.app.id, caller, id).await?.ok_or(MessageError::NotFound)?
        };
        let enabled = app.config.as_ref().is_some_and(|c| c.features.suggested_questions_after_answer.0);
        if !enabled {
            return Err(MessageError::SuggestionsDisabled);
        }
        Ok(self.engine.suggest_questions(app.app.tenant_id, message.conversation_id).await?)
    }
}
