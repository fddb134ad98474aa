//! Tasks that nobody writes the end of: their process died, or they waited and were gone on with elsewhere. What came of
//! them is in the rows of their message or run.

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta, Utc};
use jobs::{Context, Failure, Handler, Job, Options};
use models::async_task::{AsyncTask, TaskStatus};
use models::db::{AsyncPgConnection, Pool, QueryResult};
use models::message::Message;
use models::workflow_run::{RunStatus, WorkflowRun};
use models::{Caller, MessageStatus};
use runs::{Outcome, RunId, RunState, Runs};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{TaskEnd, settle, unix};

/// A process that lives writes the end of its tasks sooner than this.
const PATIENCE: TimeDelta = TimeDelta::seconds(20);
/// Between two looks at a task.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
/// After this a run that nobody knows of any more is lost.
const LOST_AFTER: TimeDelta = TimeDelta::hours(1);
/// How long what came of tasks is kept.
const KEPT: TimeDelta = TimeDelta::days(7);
const AT_ONCE: i64 = 200;
const FORGOTTEN_AT_ONCE: i64 = 5_000;

/// Looks for tasks whose end nobody wrote, and forgets old ones.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FindLostTasks {}

impl Job for FindLostTasks {
    const KIND: &'static str = "find_lost_tasks";
}

/// Has lost tasks looked for as soon as their rows are trusted: a process has died.
pub(super) async fn look_soon(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    let soon = Utc::now() + PATIENCE + TimeDelta::seconds(1);
    let options =
        Options { run_at: Some(soon), dedup_key: Some("lost_async_tasks:soon".to_owned()), ..Options::default() };
    jobs::enqueue(conn, None, &FindLostTasks {}, options).await.map(drop)
}

pub(super) struct Finder {
    pub(super) pool: Pool,
    pub(super) runs: Runs,
}

#[async_trait]
impl Handler for Finder {
    type Job = FindLostTasks;

    async fn run(&self, _job: FindLostTasks, _context: &Context) -> Result<(), Failure> {
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        AsyncTask::forget(&mut conn, now - KEPT, FORGOTTEN_AT_ONCE).await?;
        let open = AsyncTask::open(&mut conn, now - PAUSE, now, AT_ONCE).await?;
        drop(conn);
        for task in open {
            let state = self.runs.find(task.tenant_id.0, RunId(task.id)).await?.map(|run| run.state);
            if state == Some(RunState::Live) {
                continue;
            }
            let mut conn = self.pool.get().await?;
            let end = end_of(&mut conn, &task, now).await?;
            drop(conn);
            let waits = state == Some(RunState::Ended(Outcome::Paused)) || task.status == TaskStatus::Paused;
            let lost = || (!waits && task.created_at < now - LOST_AFTER).then(|| failed("The run was lost."));
            if let Some(end) = end.or_else(lost) {
                tracing::info!(task.id = %task.id, status = %end.status, "found what came of a task");
                settle(&self.pool, (task.tenant_id, RunId(task.id)), &end).await?;
            }
        }
        Ok(())
    }
}

/// What came of a task, once its rows say so, and have for a while.
async fn end_of(conn: &mut AsyncPgConnection, task: &AsyncTask, now: NaiveDateTime) -> QueryResult<Option<TaskEnd>> {
    let run = match task.workflow_run_id {
        Some(run) => WorkflowRun::find(conn, task.tenant_id, task.app_id, run).await?,
        None => None,
    };
    if let Some(run) = &run {
        if run.finished_at.is_none_or(|at| at > now - PATIENCE) {
            return Ok(None);
        }
        if task.message_id.is_none() {
            return Ok(Some(TaskEnd { status: TaskStatus::Finished, body: body_of_run(task, run) }));
        }
    }
    let Some(message) = task.message_id else { return Ok(None) };
    let message = Message::find(conn, task.app_id, Caller::EndUser(task.end_user_id), message).await?;
    let Some(message) = message else { return Ok(Some(failed("The message was deleted."))) };
    Ok(match message.status {
        _ if message.updated_at > now - PATIENCE => None,
        MessageStatus::Error => Some(failed(message.error.as_deref().unwrap_or("The run failed."))),
        MessageStatus::Normal
            if !message.answer.is_empty() || run.is_some_and(|run| run.status == RunStatus::Stopped) =>
        {
            Some(TaskEnd { status: TaskStatus::Finished, body: body_of_message(task, &message) })
        }
        MessageStatus::Normal | MessageStatus::Paused | MessageStatus::Unknown => None,
    })
}

fn failed(message: &str) -> TaskEnd {
    let body = json!({"code": "internal_server_error", "message": message, "status": 500});
    TaskEnd { status: TaskStatus::Failed, body }
}

/// JSON text of an object.
fn object(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}))
}

/// The body of a blocking run.
fn body_of_run(task: &AsyncTask, run: &WorkflowRun) -> Value {
    json!({
        "task_id": task.id,
        "workflow_run_id": run.id,
        "data": {
            "id": run.id,
            "workflow_id": run.workflow_id,
            "status": run.status.to_string(),
            "outputs": object(run.outputs.as_deref()),
            "error": run.error,
            "elapsed_time": run.elapsed_time,
            "total_tokens": run.total_tokens,
            "total_steps": run.total_steps.unwrap_or_default(),
            "created_at": unix(run.created_at),
            "finished_at": run.finished_at.map(unix),
        },
    })
}

/// The body of a blocking answer.
fn body_of_message(task: &AsyncTask, message: &Message) -> Value {
    let mut body = json!({
        "event": "message",
        "task_id": task.id,
        "id": message.id,
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "mode": task.mode.to_string(),
        "answer": message.answer,
        "metadata": object(message.message_metadata.as_deref()),
        "created_at": unix(message.created_at),
    });
    if !task.mode.is_chat_family()
        && let Some(body) = body.as_object_mut()
    {
        body.retain(|name, _| name != "conversation_id");
    }
    body
}
