//! What is removed after the row that it belonged to: jobs, added in the transaction that removes the row.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use core_app::workflow::DropFiles;
use jobs::{Context, Failure, Handler, Handlers, Job};
use models::app_purge::WholeValues;
use models::db::{AsyncConnection, AsyncPgConnection, DbError, Pool, QueryError, QueryResult};
use models::upload_file::UploadFile;
use models::{AppId, ConversationId, TenantId};
use serde::{Deserialize, Serialize};
use storage::Storage;

/// Rows per statement, so that no lock is held for long.
const BATCH: i64 = 500;

/// Removes what belonged to a deleted app.
#[derive(Debug, Serialize, Deserialize)]
pub struct PurgeApp {
    pub app: AppId,
}

impl Job for PurgeApp {
    const KIND: &'static str = "purge_app";
    const QUEUE: &'static str = "purge";
}

/// Removes what was in a deleted conversation.
#[derive(Debug, Serialize, Deserialize)]
pub struct PurgeConversation {
    pub conversation: ConversationId,
}

impl Job for PurgeConversation {
    const KIND: &'static str = "purge_conversation";
    const QUEUE: &'static str = "purge";
}

/// Adds the job for an app, within the transaction that removes it.
///
/// # Errors
/// When the database fails.
pub async fn app_later(conn: &mut AsyncPgConnection, tenant: TenantId, app: AppId) -> QueryResult<()> {
    jobs::enqueue(conn, Some(tenant), &PurgeApp { app }, jobs::Options::default()).await.map(drop)
}

/// Adds the job for a conversation, within the transaction that removes it.
///
/// # Errors
/// When the database fails.
pub async fn conversation_later(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    conversation: ConversationId,
) -> QueryResult<()> {
    jobs::enqueue(conn, Some(tenant), &PurgeConversation { conversation }, jobs::Options::default()).await.map(drop)
}

/// The same, not before a time.
///
/// # Errors
/// When the database fails.
pub async fn conversation_at(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    conversation: ConversationId,
    time: DateTime<Utc>,
) -> QueryResult<()> {
    let options = jobs::Options { run_at: Some(time), ..jobs::Options::default() };
    jobs::enqueue(conn, Some(tenant), &PurgeConversation { conversation }, options).await.map(drop)
}

/// Everything this release's workers can do about purging.
pub fn handlers(handlers: Handlers, pool: &Pool, storage: &Storage) -> Handlers {
    handlers
        .with(Purger { pool: pool.clone(), storage: storage.clone() })
        .with(ConversationPurger { pool: pool.clone() })
        .with(FileDropper { pool: pool.clone(), storage: storage.clone() })
}

struct Purger {
    pool: Pool,
    storage: Storage,
}

#[async_trait]
impl Handler for Purger {
    type Job = PurgeApp;

    async fn run(&self, job: PurgeApp, context: &Context) -> Result<(), Failure> {
        models::app_purge::settings(&mut *self.pool.get().await?, job.app).await?;
        // Objects first: their rows are all that leads to them.
        let paused = models::app_purge::paused_states(&mut *self.pool.get().await?, job.app).await?;
        for key in paused {
            self.storage.delete(&key).await.map_err(Failure::retry)?;
        }
        models::app_purge::pauses(&mut *self.pool.get().await?, job.app).await?;
        while self.step(job.app).await? > 0 {
            if context.stop_token().is_cancelled() {
                return Err(Failure::Interrupted);
            }
        }
        // Last: a storage that is down keeps nothing else from going.
        while self.whole_values(job.app).await? {
            if context.stop_token().is_cancelled() {
                return Err(Failure::Interrupted);
            }
        }
        tracing::info!(app.id = %job.app, "removed what belonged to a deleted app");
        Ok(())
    }
}

impl Purger {
    /// Removes some of the files of large values; whether there were any.
    async fn whole_values(&self, app: AppId) -> Result<bool, Failure> {
        let found = WholeValues::find(&mut *self.pool.get().await?, app, BATCH).await?;
        if found.is_empty() {
            return Ok(false);
        }
        for key in &found.keys {
            self.storage.delete(key).await?;
        }
        let mut conn = self.pool.get().await?;
        let removed: Result<(), QueryError> = conn.transaction(async |conn| found.remove(conn).await).await;
        removed?;
        Ok(true)
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

struct ConversationPurger {
    pool: Pool,
}

#[async_trait]
impl Handler for ConversationPurger {
    type Job = PurgeConversation;

    async fn run(&self, job: PurgeConversation, _context: &Context) -> Result<(), Failure> {
        models::conversation_purge::run(&mut *self.pool.get().await?, job.conversation).await?;
        Ok(())
    }
}

struct FileDropper {
    pool: Pool,
    storage: Storage,
}

#[async_trait]
impl Handler for FileDropper {
    type Job = DropFiles;

    async fn run(&self, job: DropFiles, context: &Context) -> Result<(), Failure> {
        let found = UploadFile::find_all(&mut *self.pool.get().await?, job.tenant, &job.files).await?;
        for file in &found {
            if context.stop_token().is_cancelled() {
                return Err(Failure::Interrupted);
            }
            self.storage.delete(&file.key).await?;
        }
        UploadFile::delete_all(&mut *self.pool.get().await?, job.tenant, &job.files).await?;
        Ok(())
    }
}
