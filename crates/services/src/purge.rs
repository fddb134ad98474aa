//! What is removed after the row that it belonged to.

use models::{AppId, ConversationId};
use models::db::{DbError, Pool, QueryResult};

/// Rows per statement, so that no lock is held for long.
const BATCH: i64 = 500;

/// Removes what belongs to deleted apps, in the background.
#[derive(Clone)]
pub struct Purge {
    pool: Pool,
}

impl Purge {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Begins to remove what belongs to an app whose row is gone. Failures are logged; what is left over belongs to no
    /// app and is met by nobody.
    pub fn app(&self, app: AppId) {
        let purge = self.clone();
        tokio::spawn(async move {
            if let Err(e) = purge.run(app).await {
                tracing::error!(app.id = %app, error = %e, "what belonged to a deleted app could not be removed");
            }
        });
    }

    /// Begins to remove what belongs to a deleted conversation.
    pub fn conversation(&self, id: ConversationId) {
        let purge = self.clone();
        tokio::spawn(async move {
            if let Err(e) = purge.run_conversation(id).await {
                tracing::error!(conversation.id = %id, error = %e, "what belonged to a deleted conversation could not be removed");
            }
        });
    }

    /// Removes everything in a deleted conversation; safe to repeat.
    pub async fn run_conversation(&self, id: ConversationId) -> Result<(), DbError> {
        models::conversation_purge::run(&mut *self.pool.get().await?, id).await?;
        Ok(())
    }

    /// Removes everything that belongs to the app; safe to repeat.
    pub async fn run(&self, app: AppId) -> Result<(), DbError> {
        models::app_purge::settings(&mut *self.pool.get().await?, app).await?;
        while self.step(app).await? > 0 {}
        tracing::info!(app.id = %app, "removed what belonged to a deleted app");
        Ok(())
    }

    async fn step(&self, app: AppId) -> Result<usize, DbError> {
        // The connection goes back between steps: a large app must not keep one from others.
        let mut conn = self.pool.get().await?;
        let removed: QueryResult<usize> = match models::app_purge::messages(&mut conn, app, BATCH).await? {
            0 => models::app_purge::records(&mut conn, app, BATCH).await,
            some => Ok(some),
        };
        Ok(removed?)
    }
}
