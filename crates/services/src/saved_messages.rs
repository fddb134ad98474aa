//! Answers of completion apps that a person has kept.

use chrono::Utc;
use models::app::App;
use models::db::Pool;
use models::message::Message;
use models::saved_message::SavedMessage;
use models::{Caller, MessageId};

use crate::conversations::Page;
use crate::messages::{MessageError, MessageView, views};

/// Cheap to clone.
#[derive(Clone)]
pub struct SavedMessages {
    pool: Pool,
}

impl SavedMessages {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// One page of what the caller has kept, newest message first, after the message `last`.
    ///
    /// # Errors
    /// `NotFound` if `last` is not the caller's.
    pub async fn page(
        &self,
        app: &App,
        caller: Caller,
        last: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<MessageView>, MessageError> {
        let mut conn = self.pool.get().await?;
        let before = match last {
            None => None,
            Some(id) => {
                let last = Message::find(&mut conn, app.id, caller, id).await?.ok_or(MessageError::NotFound)?;
                Some((last.created_at, last.id))
            }
        };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let page = Page::of(SavedMessage::page(&mut conn, app.id, caller, before, wanted).await?, limit);
        let items = views(&mut conn, app.tenant_id, page.items).await?;
        Ok(Page { items, has_more: page.has_more })
    }

    /// Keeps a message of the caller.
    ///
    /// # Errors
    /// `NotFound` where there is no such message.
    pub async fn keep(&self, app: &App, caller: Caller, id: MessageId) -> Result<(), MessageError> {
        let mut conn = self.pool.get().await?;
        Message::find(&mut conn, app.id, caller, id).await?.ok_or(MessageError::NotFound)?;
        Ok(SavedMessage::keep(&mut conn, app.id, caller, id, Utc::now().naive_utc()).await?)
    }

    /// # Errors
    /// When the database fails; what was not kept stays so.
    pub async fn forget(&self, app: &App, caller: Caller, id: MessageId) -> Result<(), MessageError> {
        Ok(SavedMessage::forget(&mut *self.pool.get().await?, app.id, caller, id).await?)
    }
}
