//! Runs whose caller does not wait: what came of them is kept for a week, and told to whom the caller named.
//!
//! The process that runs a task writes down what came of it, and adds the job that tells it, in one transaction. What
//! became of a task whose process died, or that waited for a person and was gone on with elsewhere, is found a little
//! later in the rows of its message or run ([`lost`]).

mod callback;
mod lost;

use std::time::Duration;

use chrono::{NaiveDateTime, Utc};
use core_app::Envelope;
use egress::Client;
use jobs::{Handlers, InvalidSchedule, Schedule};
use models::app::App;
use models::async_task::{AsyncTask, TaskStatus};
use models::db::{AsyncConnection, AsyncPgConnection, DbError, Pool, QueryError, QueryResult};
use models::end_user::EndUser;
use models::{AppMode, TenantId};
use runs::{RunId, Runs};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

pub use self::callback::CallbackSecrets;
use self::callback::{Caller, DeliverCallback};
use self::lost::{FindLostTasks, Finder};

const LONGEST_URL: usize = 2_048;
/// Largest result that is kept, in bytes.
const MOST_BYTES: usize = 16 << 20;
/// Pauses between attempts to write what came of a task; afterwards it is found by its rows.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

#[derive(Debug, thiserror::Error)]
pub enum AsyncRunError {
    #[error("Task not found")]
    NoTask,
    #[error("callback_url cannot be called: {0}")]
    Callback(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Where it is told what came of a task; an address that may be called.
#[derive(Debug, Clone)]
pub struct Callback(String);

/// What came of a task.
#[derive(Debug, Clone)]
pub struct TaskEnd {
    pub status: TaskStatus,
    /// The body of an answer, or of an error.
    pub body: Value,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct AsyncRuns {
    pool: Pool,
    http: Client,
    tasks: TaskTracker,
    secrets: CallbackSecrets,
}

impl AsyncRuns {
    /// `tasks` are waited for when the process ends.
    pub fn new(pool: Pool, http: Client, tasks: TaskTracker, secret_key: &SecretString) -> Self {
        Self { pool, http, tasks, secrets: CallbackSecrets::new(secret_key) }
    }

    /// An address that may be called back.
    ///
    /// # Errors
    /// `Callback` for one that is none, or that leads to where nobody may ask us to go.
    pub fn callback(&self, url: &str) -> Result<Callback, AsyncRunError> {
        if url.len() > LONGEST_URL {
            return Err(AsyncRunError::Callback(format!("it is longer than {LONGEST_URL} characters")));
        }
        let checked = self.http.check(url).map_err(|e| AsyncRunError::Callback(e.to_string()))?;
        Ok(Callback(checked.to_string()))
    }

    /// Notes a task that has begun.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept(
        &self,
        app: &App,
        person: &EndUser,
        envelope: &Envelope,
        callback: Option<Callback>,
    ) -> Result<(), AsyncRunError> {
        let now = Utc::now().naive_utc();
        let is_message = app.mode != AppMode::Workflow;
        let task = AsyncTask {
            id: envelope.task.0,
            tenant_id: app.tenant_id,
            app_id: app.id,
            end_user_id: person.id,
            mode: app.mode,
            message_id: is_message.then_some(envelope.message),
            conversation_id: app.mode.is_chat_family().then_some(envelope.conversation),
            workflow_run_id: envelope.run,
            status: TaskStatus::Running,
            result: None,
            callback_url: callback.map(|callback| callback.0),
            created_at: now,
            looked_at: now,
            finished_at: None,
        };
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        Ok(AsyncTask::insert(&mut conn, &task).await.map_err(DbError::from)?)
    }

    /// Writes down what comes of a task, beside the caller.
    pub fn collect(&self, tenant: TenantId, task: RunId, end: impl Future<Output = TaskEnd> + Send + 'static) {
        let pool = self.pool.clone();
        self.tasks.spawn(async move {
            let end = end.await;
            let mut pauses = PAUSES.into_iter();
            loop {
                let error = match settle(&pool, (tenant, task), &end).await {
                    Ok(_written) => return,
                    Err(error) => error,
                };
                let Some(pause) = pauses.next() else {
                    tracing::warn!(task.id = %task, error = %error, "what came of a task could not be written; it will be found by its rows");
                    return;
                };
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// A task of the person's.
    ///
    /// # Errors
    /// `NoTask` also for those of others.
    pub async fn find(&self, app: &App, person: &EndUser, task: RunId) -> Result<AsyncTask, AsyncRunError> {
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        let found = AsyncTask::find(&mut conn, app.tenant_id, task.0).await.map_err(DbError::from)?;
        let own = |task: &AsyncTask| task.app_id == app.id && task.end_user_id == person.id;
        found.filter(own).ok_or(AsyncRunError::NoTask)
    }

    /// With what the calls of an app are signed.
    pub fn secret(&self, app: &App) -> String {
        self.secrets.of(app.id)
    }
}

/// Writes what came of a task and adds the job that tells it; `false` if somebody else did.
async fn settle(pool: &Pool, (tenant, task): (TenantId, RunId), end: &TaskEnd) -> Result<bool, DbError> {
    let (status, body) = bounded(end);
    let now = Utc::now().naive_utc();
    let mut conn = pool.get().await?;
    let written = conn
        .transaction(async |conn| {
            let told = AsyncTask::settle(conn, (tenant, task.0), status, &body, now).await?;
            if let Some(Some(_url)) = &told {
                let job = DeliverCallback { tenant, task: task.0, status: status.to_string(), since: now };
                jobs::enqueue(conn, Some(tenant), &job, jobs::Options::default()).await?;
            }
            Ok::<_, QueryError>(told.is_some())
        })
        .await?;
    Ok(written)
}

fn bounded(end: &TaskEnd) -> (TaskStatus, String) {
    let body = end.body.to_string();
    if body.len() <= MOST_BYTES {
        return (end.status, body);
    }
    let message = "The answer is too large to be kept.";
    (TaskStatus::Failed, json!({"code": "result_too_large", "message": message, "status": 500}).to_string())
}

fn unix(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}

/// What this release's workers can do about tasks.
pub fn handlers(handlers: Handlers, pool: &Pool, runs: &Runs, http: &Client, secret_key: &SecretString) -> Handlers {
    handlers
        .with(Caller { pool: pool.clone(), http: http.clone(), secrets: CallbackSecrets::new(secret_key) })
        .with(Finder { pool: pool.clone(), runs: runs.clone() })
}

/// Has lost tasks looked for soon: a process has died.
///
/// # Errors
/// When the database fails.
pub async fn look_soon(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    lost::look_soon(conn).await
}

/// When tasks are looked for whose process died.
///
/// # Errors
/// Never in practice: the expression is fixed.
pub fn schedule() -> Result<Schedule, InvalidSchedule> {
    Schedule::new("lost_async_tasks", "* * * * *", &FindLostTasks {})
}
