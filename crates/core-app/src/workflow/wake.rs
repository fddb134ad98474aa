//! Going on with a run that waits.
//!
//! Until the run is registered it counts as waiting, and whoever finds it due may try; from then on it is written down as
//! any long run, so that another process goes on with it when this one dies.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use models::db::{AsyncConnection, QueryError};
use models::paused_run::PausedRun;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_pause::WorkflowPause;
use models::workflow_run::WorkflowRun;
use runs::{Owner, RunId};
use serde_json::json;
use storage::StorageError;
use tracing::Instrument;

use super::checkpoints::LostRun;
use super::drive;
use super::pause::{Asleep, forget};
use super::resume::{registration, revive, unheard};
use super::version::WorkflowVersion;
use crate::engine::{Engine, EngineParts};
use crate::error::GenerateError;

/// Why a run does not go on.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    /// It may be tried again.
    #[error("{0}")]
    Later(GenerateError),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

impl<E: Into<GenerateError>> From<E> for WakeError {
    fn from(e: E) -> Self {
        Self::Later(e.into())
    }
}

impl Engine {
    /// Goes on with a run that this process has claimed. `key` is that of its state in the storage.
    ///
    /// # Errors
    /// Whether it may be tried again, or never will go on.
    pub async fn wake_workflow(
        &self,
        waiting: &PausedRun,
        version: Arc<WorkflowVersion>,
        key: String,
    ) -> Result<(), WakeError> {
        let _place = self.admit()?;
        let parts = Arc::clone(self.shared_arc());
        let bytes = match parts.files.storage.get(&key).await {
            Err(StorageError::NotFound(_)) => return Err(WakeError::Never("what the run had done is gone".to_owned())),
            read => read?,
        };
        let never = |e: &dyn std::fmt::Display| WakeError::Never(format!("what the run had done cannot be read: {e}"));
        let Asleep { context, state } = serde_json::from_slice(&bytes).map_err(|e| never(&e))?;
        let owner: Owner = waiting.owner.parse().map_err(|e: String| never(&e))?;
        let lost = LostRun { tenant: waiting.tenant_id, app: waiting.app_id, run: waiting.run_id };
        let task = RunId(waiting.task_id);
        let written = WorkflowCheckpoint {
            run_id: lost.run,
            tenant_id: lost.tenant,
            context: json!(context).to_string(),
            state: serde_json::to_string(&state).map_err(|e| never(&e))?,
            attempts: 0,
            updated_at: Utc::now().naive_utc(),
        };
        let prepared =
            revive(&parts, (lost, (task, owner, waiting.mode)), &version, &context, state).map_err(|e| never(&e))?;
        let live = parts.runs.start_again(registration(&prepared.turn)).await;
        let live = live.map_err(|e| GenerateError::Internal(e.to_string()))?;
        let sink = unheard(&parts, live);
        if !begin(&parts, lost, &written).await? {
            // Somebody else has it, and its lease.
            sink.abandon();
            return Ok(());
        }
        let told = drive::Told::so_far(context.text, context.resources, context.files);
        let commands = parts.runs.take_commands(task).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a run that goes on hears later what it was told");
            Vec::new()
        });
        let span = tracing::error_span!("workflow run", task.id = %task, run.id = %lost.run, resumed = true);
        let owned = Arc::clone(&parts);
        let work = async move {
            forget(&owned, &key).await;
            Box::pin(drive::wake(&owned, prepared, (told, commands), sink, Instant::now())).await;
        };
        parts.tasks.spawn_on(work.instrument(span), self.handle());
        Ok(())
    }
}

/// From now on the run runs; `false` if it did not wait.
async fn begin(parts: &EngineParts, lost: LostRun, written: &WorkflowCheckpoint) -> Result<bool, GenerateError> {
    let mut conn = parts.pool.get().await?;
    let begun = conn
        .transaction(async |conn| {
            if !WorkflowRun::resume(conn, lost.tenant, lost.run).await? {
                return Ok::<_, QueryError>(false);
            }
            WorkflowPause::resume(conn, lost.run, Utc::now().naive_utc()).await?;
            WorkflowCheckpoint::upsert(conn, written).await?;
            PausedRun::delete(conn, lost.tenant, lost.run).await?;
            Ok(true)
        })
        .await?;
    Ok(begun)
}
