//! Cleaning up after processes that died: every run ends, also those whose process did not.

use std::time::Duration;

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
const REASON: &str = "The process that was answering died.";

/// Every process sweeps; a run is claimed by one.
pub(crate) fn spawn(parts: &Parts) {
    let parts = parts.clone();
    let stop = parts.stop_background.clone();
    parts.background.clone().spawn(async move {
        let mut every = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            sweep(&parts).await;
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
        if recovery == Recovery::Resumed {
            return Ok(());
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
    Ok(())
}
