//! Runs that wait: who looks at them again, and when.
//!
//! A run is woken when one of its forms was filled in, when one expires, or when it is told something. Whoever does so
//! claims it for a while; a process that dies meanwhile leaves it to the next.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use core_app::GenerateError;
use core_app::workflow::WakeError;
use models::app::App;
use models::db::{AsyncConnection, DbError, QueryError};
use models::human_input_form::HumanInputForm;
use models::message::Message;
use models::paused_run::PausedRun;
use models::workflow::Workflow;
use models::workflow_pause::WorkflowPause;
use models::workflow_run::{RunStatus, WorkflowRun};
use models::{Caller, WorkflowRunId};
use runs::{RunId, RunsError};

use super::{AppGenerateError, AppGenerateService, owner};
use crate::workflow_versions;

/// For how long one process may try. Longer than reading the largest state takes.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// After a failure that may pass.
const AGAIN: TimeDelta = TimeDelta::seconds(5);
/// Why a run failed that waited for too long.
const GONE: &str = "The run waited, and the workflow has been deleted meanwhile.";
/// What a run is told that waits and is stopped.
const ABORT: &str = r#"{"command_type":"abort","reason":"User requested stop","payload":null}"#;
/// Waiting runs that are looked at for commands at once.
const PAGE: i64 = 500;

/// Why nobody knows whether runs that wait are told something.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl AppGenerateService {
    /// Goes on with a run that waits, beside the caller. Should it fail, somebody will try again.
    pub fn wake_in_background(&self, run: WorkflowRunId) {
        let service = self.clone();
        self.engine.spawn_background(async move {
            if let Err(error) = service.wake(run).await {
                tracing::warn!(run.id = %run, error = %error, "a run that waits could not be woken; somebody will try again");
            }
        });
    }

    /// Goes on with a run, unless it does not wait or somebody else is about to.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn wake(&self, run: WorkflowRunId) -> Result<(), DbError> {
        let now = Utc::now().naive_utc();
        let mut conn = self.engine.pool().get().await?;
        let Some(waiting) = PausedRun::claim(&mut conn, run, now, later(now, CLAIM)).await? else { return Ok(()) };
        let (tenant, app) = (waiting.tenant_id, waiting.app_id);
        let row = WorkflowRun::find(&mut conn, tenant, app, run).await?;
        let Some(row) = row.filter(|row| row.status == RunStatus::Paused) else {
            return Ok(PausedRun::delete(&mut conn, tenant, run).await?);
        };
        let pause = WorkflowPause::of_run(&mut conn, run).await?;
        let version = Workflow::find(&mut conn, tenant, app, row.workflow_id).await?;
        drop(conn);
        let woken = match (pause, version) {
            (Some((pause, _)), Some(version)) => {
                // It goes on in the graph it began in.
                let version = Workflow { graph: row.graph.unwrap_or(version.graph), ..version };
                self.go_on(&waiting, version, pause.state_object_key).await
            }
            (_, None) => Err(WakeError::Never(GONE.to_owned())),
            (None, _) => Err(WakeError::Never("The run waited, and nobody knows where it was.".to_owned())),
        };
        match woken {
            Ok(()) => Ok(()),
            Err(WakeError::Later(error)) => {
                tracing::warn!(run.id = %run, error = %error, "a run that waits does not go on yet");
                let mut conn = self.engine.pool().get().await?;
                Ok(PausedRun::release(&mut conn, tenant, run, later(now, AGAIN)).await?)
            }
            Err(WakeError::Never(reason)) => self.give_up(&waiting, &reason).await,
        }
    }

    async fn go_on(&self, waiting: &PausedRun, version: Workflow, key: String) -> Result<(), WakeError> {
        let version = workflow_versions::read(&self.keys, version, waiting.mode).await.map_err(GenerateError::from)?;
        self.engine.wake_workflow(waiting, version, key).await
    }

    /// A run that can never go on has failed.
    async fn give_up(&self, waiting: &PausedRun, reason: &str) -> Result<(), DbError> {
        tracing::error!(run.id = %waiting.run_id, reason, "a run that waits can never go on and has failed");
        let (tenant, app, run) = (waiting.tenant_id, waiting.app_id, waiting.run_id);
        let now = Utc::now().naive_utc();
        let mut conn = self.engine.pool().get().await?;
        conn.transaction(async |conn| {
            if WorkflowRun::resume(conn, tenant, run).await? {
                WorkflowRun::abandon(conn, tenant, run, reason, now).await?;
                Message::abandon_paused(conn, app, run, reason, now).await?;
            }
            HumanInputForm::close_all(conn, tenant, run).await?;
            PausedRun::delete(conn, tenant, run).await?;
            Ok::<_, QueryError>(())
        })
        .await?;
        Ok(())
    }

    /// Wakes runs that are due, at most so many; how many were.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn wake_due(&self, limit: i64) -> Result<usize, DbError> {
        let mut conn = self.engine.pool().get().await?;
        let due = PausedRun::due(&mut conn, Utc::now().naive_utc(), limit).await?;
        drop(conn);
        for run in &due {
            self.wake(*run).await?;
        }
        Ok(due.len())
    }

    /// Wakes runs that were told something, among a part of all that wait: those after one of them. Gives back after
    /// which one to go on; `None`: from the first.
    ///
    /// # Errors
    /// When the database or Redis cannot be asked.
    pub async fn wake_told(&self, after: Option<WorkflowRunId>) -> Result<Option<WorkflowRunId>, ListenError> {
        let mut conn = self.engine.pool().get().await.map_err(DbError::from)?;
        let waiting = PausedRun::tasks_after(&mut conn, after, PAGE).await.map_err(DbError::from)?;
        drop(conn);
        if !waiting.is_empty() {
            self.runs.note_waiting().await?;
        }
        let tasks: Vec<RunId> = waiting.iter().map(|(_, task)| RunId(*task)).collect();
        let told = self.runs.with_commands(&tasks).await?;
        for (run, _task) in waiting.iter().filter(|(_, task)| told.contains(&RunId(*task))) {
            self.wake(*run).await?;
        }
        let last = waiting.last().map(|(run, _)| *run);
        Ok(last.filter(|_| i64::try_from(waiting.len()).is_ok_and(|count| count == PAGE)))
    }

    /// Stops a run that waits, if it is the caller's; without a caller it may be anybody's.
    pub(super) async fn stop_waiting(
        &self,
        app: &App,
        caller: Option<Caller>,
        task: RunId,
    ) -> Result<(), AppGenerateError> {
        let mut conn = self.engine.pool().get().await.map_err(DbError::from)?;
        let waiting = PausedRun::of_task(&mut conn, app.tenant_id, app.id, task.0).await.map_err(DbError::from)?;
        drop(conn);
        let may = |waiting: &PausedRun| caller.is_none_or(|caller| owner(caller).to_string() == waiting.owner);
        if let Some(waiting) = waiting.filter(may) {
            self.runs.send_command(task, ABORT).await?;
            self.wake_in_background(waiting.run_id);
        }
        Ok(())
    }
}

fn later(now: NaiveDateTime, by: TimeDelta) -> NaiveDateTime {
    now.checked_add_signed(by).unwrap_or(now)
}
