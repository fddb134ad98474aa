//! Going on with a run whose process has died.

use std::sync::Arc;
use std::time::Instant;

use core_workflow::{Checkpoint, Run, Selector, pool};
use models::AppMode;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_node_execution::NodeExecution;
use runs::{NewRun, Owner, RunId};
use tokio::sync::mpsc;
use tracing::Instrument;

use super::capabilities::{Beneficiary, capabilities};
use super::checkpoints::{Context, LostRun};
use super::drive;
use super::forms::RunForms;
use super::prepare::{Prepared, Turn};
use super::version::WorkflowVersion;
use crate::engine::{Engine, EngineParts, Sink};
use crate::error::GenerateError;
use crate::event::Envelope;

/// Why an execution failed whose process died.
const LOST_NODE: &str = "The process that was running the node died; the node was run again.";
/// A run that is gone on with has no client; somebody may listen to its events.
const NOBODY: usize = 1;

impl Engine {
    /// Goes on with a run from what was written last. Nodes that had finished then are not run again.
    ///
    /// # Errors
    /// If what was written cannot be read, or belongs to another graph.
    pub async fn resume_workflow(
        &self,
        lost: LostRun,
        ids: (RunId, Owner, AppMode),
        version: Arc<WorkflowVersion>,
        written: WorkflowCheckpoint,
    ) -> Result<(), GenerateError> {
        let place = self.admit()?;
        let parts = Arc::clone(self.shared_arc());
        let unreadable = |e: serde_json::Error| GenerateError::Internal(format!("a written run cannot be read: {e}"));
        let context: Context = serde_json::from_str(&written.context).map_err(unreadable)?;
        let checkpoint: Checkpoint = serde_json::from_str(&written.state).map_err(unreadable)?;
        let prepared = revive(&parts, (lost, ids), &version, &context, checkpoint)?;
        abandon_nodes(&parts, lost).await?;
        let live = parts.runs.start_from(registration(&prepared.turn), place).await;
        let live = live.map_err(|e| GenerateError::Internal(e.to_string()))?;
        let sink = unheard(&parts, live);
        let span = tracing::error_span!("workflow run", task.id = %ids.0, run.id = %lost.run, resumed = true);
        let owned = Arc::clone(&parts);
        let told = drive::Told::so_far(context.text, context.resources, context.files);
        let work = async move { Box::pin(drive::go_on(&owned, prepared, told, sink, Instant::now())).await };
        parts.tasks.spawn_on(work.instrument(span), self.handle());
        Ok(())
    }
}

/// A run as it was written down, ready to go on.
pub(super) fn revive(
    parts: &Arc<EngineParts>,
    (lost, ids): (LostRun, (RunId, Owner, AppMode)),
    version: &Arc<WorkflowVersion>,
    context: &Context,
    checkpoint: Checkpoint,
) -> Result<Prepared, GenerateError> {
    let version = match &context.only {
        None => Arc::clone(version),
        Some(node) => Arc::new(version.only(node).map_err(|e| GenerateError::Internal(e.to_string()))?),
    };
    let chat = ids.2 == AppMode::AdvancedChat;
    let whom = Beneficiary {
        tenant: lost.tenant,
        app: lost.app,
        caller: context.caller(),
        session: context.session.clone(),
        conversation: chat.then(|| (context.conversation(), context.parent_message)),
    };
    // Secrets are not written down with a run.
    let environment = version.environment.iter();
    let environment = environment.map(|(name, value)| (Selector::of(pool::ENVIRONMENT, name.as_str()), value.clone()));
    let forms = RunForms::new(parts, (lost.tenant, lost.app, lost.run), context.invoke_from());
    let run = Run::resume(
        Arc::clone(&version.program),
        checkpoint,
        capabilities(parts, &whom, Some(Arc::clone(&forms))),
        parts.outside.limits.clone(),
        environment.collect(),
    )
    .map_err(|e| GenerateError::Internal(e.to_string()))?;
    Ok(Prepared { turn: turn((lost, ids), version, context, forms), run })
}

/// How everybody else gets to know of the run.
pub(super) fn registration(turn: &Turn) -> NewRun {
    NewRun {
        id: turn.envelope.task,
        tenant: turn.tenant.0,
        app: turn.app.0,
        owner: turn.owner,
        alias: Some(turn.run_id.0),
        mode: turn.envelope.mode.to_string(),
        subject: turn.subject(),
    }
}

/// Where events go that no client waits for.
pub(super) fn unheard(parts: &EngineParts, live: runs::LiveRun) -> Sink {
    let (sender, _nobody) = mpsc::channel(NOBODY);
    Sink::new(sender, live, true, parts.deadline.clone(), parts.settings.max_execution)
}

/// What the dead process has begun and not ended is begun anew; nodes that go on under the same id change their rows
/// again.
async fn abandon_nodes(parts: &EngineParts, lost: LostRun) -> Result<(), GenerateError> {
    let mut conn = parts.pool.get().await?;
    let now = chrono::Utc::now().naive_utc();
    Ok(NodeExecution::abandon(&mut conn, lost.tenant, lost.run, LOST_NODE, now).await?)
}

fn turn(
    (lost, (task, owner, mode)): (LostRun, (RunId, Owner, AppMode)),
    version: Arc<WorkflowVersion>,
    context: &Context,
    forms: Arc<RunForms>,
) -> Turn {
    Turn {
        tenant: lost.tenant,
        app: lost.app,
        owner,
        caller: context.caller(),
        person: context.person.clone(),
        session: context.session.clone(),
        parent_message: context.parent_message,
        envelope: Envelope {
            task,
            message: context.message(),
            conversation: context.conversation(),
            created_at: context.created_at,
            mode,
            invoke_from: context.invoke_from(),
            run: Some(lost.run),
        },
        run_id: lost.run,
        version,
        shown_inputs: context.inputs(),
        streaming: true,
        name_after: context.name_after.clone(),
        forms,
        resumed: true,
        guard: Box::new(()),
    }
}
