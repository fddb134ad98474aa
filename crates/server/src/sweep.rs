//! Cleaning up after processes that died: every run ends, also those whose process did not. And looking after runs that
//! wait: they go on when their form was filled in, or has expired.

use std::time::{Duration, Instant};

use chrono::Utc;
use core_app::workflow::LostRun;
use models::db::DbError;
use models::message::Message;
use models::{AppId, AppMode, MessageId, TenantId, WorkflowRunId};
use runs::ExpiredRun;
use services::generate::Recovery;

use crate::parts::Parts;

/// From death to clean-up it takes 30 s for the lease, and at most two sweeps.
const EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 100;
const WOKEN_AT_ONCE: i64 = 100;
/// Redis, which says whether any run waits, may have forgotten.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
const REASON: &str = "The process that was answering died.";

/// Every process sweeps; a run is claimed by one.
pub(crate) fn spawn(parts: &Parts) {
    let stop = parts.stop_background.clone();
    let (tasks, waking) = (parts.background.clone(), parts.clone());
    let (parts, stop_waking) = (parts.clone(), stop.clone());
    tasks.spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            sweep(&parts).await;
        }
    });
    // On its own: fetching what a run had done may take its time.
    tasks.spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        let (mut told, mut looked) = (None, Instant::now());
        while stop_waking.run_until_cancelled(every.tick()).await.is_some() {
            if waking.runs.may_wait().await.unwrap_or(false) || looked.elapsed() >= AT_LEAST_EVERY {
                told = wake(&waking, told).await;
                looked = Instant::now();
            }
        }
    });
}

async fn sweep(parts: &Parts) {
    let expired = match parts.runs.take_expired(AT_ONCE).await {
        Ok(expired) => expired,
        Err(error) => {
            tracing::debug!(error = %error, "could not look for expired runs");
            return;
        }
    };
    for run in expired {
        if let Err(error) = settle(parts, &run).await {
            tracing::warn!(task.id = %run.id, error = %error, "could not clean up after a run whose process died; somebody will try again");
        }
    }
}

/// Goes on with runs whose form was filled in or has expired, and with those that were told something.
async fn wake(parts: &Parts, told: Option<WorkflowRunId>) -> Option<WorkflowRunId> {
    if let Err(error) = parts.generate.wake_due(WOKEN_AT_ONCE).await {
        tracing::debug!(error = %error, "could not look for runs to be woken");
    }
    parts.generate.wake_told(told).await.unwrap_or_else(|error| {
        tracing::debug!(error = %error, "could not look for runs that were told something");
        told
    })
}

/// The workflow of a run, if it is one.
fn lost_workflow(run: &ExpiredRun) -> Option<LostRun> {
    let id = run.subject.get("workflow_run_id")?.as_str()?.parse::<WorkflowRunId>().ok()?;
    Some(LostRun { tenant: TenantId(run.tenant), app: AppId(run.app), run: id })
}

async fn settle(parts: &Parts, run: &ExpiredRun) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if let Some(lost) = lost_workflow(run) {
        let mode = AppMode::parse(&run.mode).unwrap_or(AppMode::Workflow);
        let recovery = parts.generate.recover(lost, (run.id, run.owner, mode)).await?;
        tracing::info!(task.id = %run.id, run.id = %lost.run, recovery = ?recovery, "looked after a workflow whose process died");
        match recovery {
            Recovery::Resumed => return Ok(()),
            Recovery::Waiting => return Ok(parts.runs.settle_expired(run).await?),
            Recovery::Abandoned | Recovery::Over => {}
        }
    }
    let message =
        run.subject.get("message_id").and_then(serde_json::Value::as_str).and_then(|id| id.parse::<MessageId>().ok());
    if let Some(message) = message {
        let mut conn = parts.pool.get().await.map_err(DbError::from)?;
        let abandoned = Message::abandon(&mut conn, AppId(run.app), message, REASON, Utc::now().naive_utc()).await?;
        tracing::info!(task.id = %run.id, message.id = %message, abandoned, "ended a run whose process died");
    }
    parts.runs.settle_expired(run).await?;
    // Nobody may wait for the answer, and somebody may want to be told.
    let mut conn = parts.pool.get().await.map_err(DbError::from)?;
    Ok(services::async_runs::look_soon(&mut conn).await.map_err(DbError::from)?)
}
