//! Cleaning up after processes that died: every run ends, also those whose process did not.

use std::time::Duration;

use chrono::Utc;
use models::db::DbError;
use models::message::Message;
use models::{AppId, MessageId};
use runs::ExpiredRun;

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

async fn settle(parts: &Parts, run: &ExpiredRun) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
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
