//! Writing a run down and going on from there, in this process or another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::frame::{Again, Ready};
use super::state::State;
use super::{Run, RunContext};
use crate::capabilities::Capabilities;
use crate::limits::Limits;
use crate::selector::Selector;
use crate::value::{Map, Value};
use crate::workflow::Workflow;

/// The layout of [`Checkpoint`]; a checkpoint of another layout is not resumed.
const VERSION: u32 = 1;

/// A run between two events: everything that is needed to go on, except the workflow and the world outside.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    /// Nodes and edges of each scope; a run goes on in the graph it began in.
    shape: Vec<(usize, usize)>,
    inputs: Map,
    system: Map,
    state: serde_json::Value,
}

#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint has version {0}, this release reads version {VERSION}")]
    Version(u32),
    #[error("the checkpoint belongs to another graph")]
    OtherGraph,
    #[error("the checkpoint cannot be read: {0}")]
    Broken(#[from] serde_json::Error),
}

impl Run {
    /// The run as it is now, without its environment's variables, which may be secret. Nodes that are working will be run
    /// again when it is resumed; finished ones will not.
    ///
    /// # Errors
    /// If the state cannot be written as JSON, which would be a fault of this crate.
    pub fn checkpoint(&self) -> Result<Checkpoint, CheckpointError> {
        let mut state = serde_json::to_value(&self.state)?;
        // Secrets are not written down; whoever resumes brings them again.
        let environment = state.pointer_mut("/frames/0/pool/nodes").and_then(serde_json::Value::as_object_mut);
        if let Some(nodes) = environment {
            nodes.shift_remove(crate::pool::ENVIRONMENT);
        }
        if let Some(slot) = state.get_mut("elapsed_before") {
            *slot = serde_json::to_value(self.elapsed())?;
        }
        Ok(Checkpoint {
            version: VERSION,
            shape: shape(&self.workflow),
            inputs: self.context.inputs.clone(),
            system: self.context.system.clone(),
            state,
        })
    }

    /// Goes on with a run. `updates` are written into its variables first: those of the environment, and what a person
    /// has entered while it waited.
    ///
    /// # Errors
    /// If the checkpoint is not of this workflow or this release.
    pub fn resume(
        workflow: Arc<Workflow>,
        checkpoint: Checkpoint,
        capabilities: Capabilities,
        limits: Limits,
        updates: Vec<(Selector, Value)>,
    ) -> Result<Self, CheckpointError> {
        if checkpoint.version != VERSION {
            return Err(CheckpointError::Version(checkpoint.version));
        }
        if checkpoint.shape != shape(&workflow) {
            return Err(CheckpointError::OtherGraph);
        }
        let mut state: State = serde_json::from_value(checkpoint.state)?;
        let was_running = state.started;
        let is_over = state.ended && !state.waiting && !has_work(&state);
        if was_running && !is_over {
            state.started = false;
            state.resumed = true;
            state.ended = false;
            state.waiting = false;
            state.pauses.clear();
            state.paused.clear();
        }
        let context = RunContext { inputs: checkpoint.inputs, system: checkpoint.system, capabilities, limits };
        let mut run = Self::over(workflow, context, state);
        if let Some(pool) = run.state.pool_mut(0) {
            for (selector, value) in updates {
                pool.set(Arc::clone(selector.node()), Arc::clone(selector.name()), value);
            }
        }
        run.restart_working();
        Ok(run)
    }

    /// Nodes that were cut while they worked go back to the front of their queues.
    fn restart_working(&mut self) {
        let workflow = Arc::clone(&self.workflow);
        let ids: Vec<_> = self.state.frames.keys().copied().collect();
        for id in ids {
            let Some(scope) = self.state.scope(&workflow, id) else { continue };
            let Some(frame) = self.state.frames.get_mut(&id) else { continue };
            let cut: Vec<u32> =
                frame.working.iter().filter(|(_, working)| working.rounds.is_none()).map(|(node, _)| *node).collect();
            for node in cut.into_iter().rev() {
                let Some(working) = frame.working.remove(&node) else { continue };
                if let (Some(streams), Some(plan)) = (&mut frame.streams, &scope.responses) {
                    streams.forget(plan, &working.execution.node.id);
                }
                let again =
                    Again { execution: working.execution, attempt: working.attempt, counted: !working.retry_due };
                frame.ready.push_front(Ready { node, predecessor: None, again: Some(Box::new(again)) });
            }
            self.state.wake(id);
        }
    }
}

fn has_work(state: &State) -> bool {
    state.frames.values().any(|frame| !frame.is_idle())
}

fn shape(workflow: &Workflow) -> Vec<(usize, usize)> {
    workflow.scopes.iter().map(|scope| (scope.len(), scope.edge_count())).collect()
}
