//! The conversations of one person with one app.

use chrono::Utc;
use core_app::{Engine, GenerateError};
use models::app::App;
use models::conversation::{Conversation, Scope, Sort};
use models::db::{AsyncConnection, DbError, Pool, PoolError, QueryError};
use models::message::Message;
use models::{Caller, ConversationId};

use crate::purge;

#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    #[error("Conversation Not Exists.")]
    NotFound,
    #[error("Last Conversation Not Exists.")]
    LastNotFound,
    /// `name` is missing and no automatic name was asked for.
    #[error("name is required when auto_generate is false")]
    NameRequired,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for ConversationError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for ConversationError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// A part of a list, and whether there is more.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_more: bool,
}

impl<T> Page<T> {
    /// From one item more than was asked for.
    pub(crate) fn of(mut items: Vec<T>, limit: usize) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }
}

/// The name a conversation is to get.
#[derive(Debug)]
pub enum NewName {
    Given(String),
    /// Found by a model, from the first message.
    Automatic,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    pool: Pool,
    engine: Engine,
}

impl Conversations {
    pub fn new(pool: Pool, engine: Engine) -> Self {
        Self { pool, engine }
    }

    /// One page, after the conversation `last`.
    ///
    /// # Errors
    /// `LastNotFound` if `last` is not the caller's.
    pub async fn page(
        &self,
        scope: &Scope,
        sort: Sort,
        last: Option<ConversationId>,
        limit: usize,
    ) -> Result<Page<Conversation>, ConversationError> {
        let mut conn = self.pool.get().await?;
        let last = match last {
            None => None,
            Some(id) => Some(
                Conversation::find(&mut conn, scope.app, scope.caller, id)
                    .await?
                    .ok_or(ConversationError::LastNotFound)?,
            ),
        };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let items = Conversation::page(&mut conn, scope, sort, last.as_ref(), wanted).await?;
        Ok(Page::of(items, limit))
    }

    /// The caller's conversation.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn find(&self, app: &App, caller: Caller, id: ConversationId) -> Result<Conversation, ConversationError> {
        let mut conn = self.pool.get().await?;
        Conversation::find(&mut conn, app.id, caller, id).await?.ok_or(ConversationError::NotFound)
    }

    /// Gives the caller's conversation another name. Where a model cannot find one, the old name stays.
    ///
    /// # Errors
    /// `NotFound`, or `NameRequired`.
    pub async fn rename(
        &self,
        app: &App,
        caller: Caller,
        id: ConversationId,
        name: NewName,
    ) -> Result<Conversation, ConversationError> {
        let (found, first) = {
            let mut conn = self.pool.get().await?;
            let found = Conversation::find(&mut conn, app.id, caller, id).await?.ok_or(ConversationError::NotFound)?;
            if let NewName::Given(name) = name {
                let name = name.trim();
                if name.is_empty() {
                    return Err(ConversationError::NameRequired);
                }
                let renamed = Conversation::rename(&mut conn, app.id, id, name, Utc::now().naive_utc()).await?;
                return renamed.ok_or(ConversationError::NotFound);
            }
            (found, Message::first_of(&mut conn, id).await?)
        };
        let Some(first) = first else { return Ok(found) };
        match self.engine.name_conversation(app.tenant_id, app.id, id, &first.query).await {
            Ok(renamed) => renamed.ok_or(ConversationError::NotFound),
            Err(GenerateError::Database(e)) => Err(e.into()),
            Err(error) => {
                tracing::info!(conversation.id = %id, error = %error, "no model named the conversation; its name stays");
                Ok(found)
            }
        }
    }

    /// Deletes the caller's conversation; what belonged to it goes in the background.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn delete(&self, app: &App, caller: Caller, id: ConversationId) -> Result<(), ConversationError> {
        let mut conn = self.pool.get().await?;
        let deleted = conn
            .transaction(async |conn| {
                let deleted = Conversation::delete(conn, app.id, caller, id, Utc::now().naive_utc()).await?;
                if deleted {
                    purge::conversation_later(conn, app.tenant_id, id).await?;
                }
                Ok::<_, QueryError>(deleted)
            })
            .await?;
        if deleted { Ok(()) } else { Err(ConversationError::NotFound) }
    }

    /// # Errors
    /// `NotFound` where there is no such conversation.
    pub async fn pin(&self, app: &App, caller: Caller, id: ConversationId) -> Result<(), ConversationError> {
        let mut conn = self.pool.get().await?;
        Conversation::find(&mut conn, app.id, caller, id).await?.ok_or(ConversationError::NotFound)?;
        Ok(Conversation::pin(&mut conn, app.id, caller, id, Utc::now().naive_utc()).await?)
    }

    /// # Errors
    /// When the database fails; a conversation that is not pinned stays so.
    pub async fn unpin(&self, app: &App, caller: Caller, id: ConversationId) -> Result<(), ConversationError> {
        Ok(Conversation::unpin(&mut *self.pool.get().await?, app.id, caller, id).await?)
    }
}
