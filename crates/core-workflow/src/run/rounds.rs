//! Rounds of containers: when one is over, its container goes on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Run;
use super::frame::{Frame, FrameId, Working};
use super::rounds_iteration::IterationState;
use super::rounds_loop::LoopState;
use crate::event::{Event, Round, RoundsEnd, Within};
use crate::node::{Failure, Metadata, NodeError, Outcome};
use crate::node_type::NodeType;
use crate::pool::Pool;
use crate::signal::Origin;
use crate::usage::Usage;
use crate::value::Map;

/// What a working container knows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Rounds {
    Iteration(IterationState),
    Loop(LoopState),
}

/// How a container's work has ended.
pub(super) struct RoundsOutcome {
    pub inputs: Map,
    pub outputs: Map,
    pub metadata: Metadata,
    pub steps: usize,
    pub failure: Option<Failure>,
}

/// A round to begin.
pub(super) struct NewRound {
    pub container: Origin,
    pub scope: usize,
    pub index: usize,
    /// `None`: it shares the variables of the frame around.
    pub pool: Option<Pool>,
    /// Its events are told when it is over.
    pub hold: bool,
}

impl Run {
    /// Puts a round's first node into the queue.
    pub(super) fn begin_round(&mut self, round: NewRound) -> Option<FrameId> {
        let workflow = Arc::clone(&self.workflow);
        let scope = workflow.scopes.get(round.scope)?;
        let around = self.state.frames.get(&round.container.frame)?;
        let execution = &around.working.get(&round.container.node)?.execution;
        let here = Some(Round { node: Arc::clone(&execution.node.id), index: round.index });
        let within = if execution.node.kind == NodeType::Loop {
            Within { r#loop: here, ..around.within.clone() }
        } else {
            Within { iteration: here, ..around.within.clone() }
        };
        let mut frame = Frame::new(round.scope, scope, self.elapsed());
        frame.parent = Some(round.container);
        frame.within = within;
        frame.pool = round.pool;
        frame.held = round.hold.then(Vec::new);
        frame.set_mark(scope.root, super::frame::Mark::Taken);
        let id = self.state.next_frame;
        self.state.next_frame += 1;
        self.state.frames.insert(id, frame);
        let root = super::frame::Ready { node: scope.root, predecessor: None, again: None };
        self.state.enqueue(id, root);
        Some(id)
    }

    /// If a round has nothing left to do, its container hears of it.
    pub(super) fn frame_may_be_over(&mut self, id: FrameId) {
        let Some(frame) = self.state.frames.get(&id) else { return };
        if !frame.is_idle() {
            return;
        }
        let Some(container) = frame.parent else { return };
        match self.rounds_of(container) {
            Some(Rounds::Iteration(_)) => self.item_done(container, id, Ok(())),
            Some(Rounds::Loop(_)) => self.loop_round_done(container, id),
            None => {}
        }
    }

    pub(super) fn round_failed(&mut self, id: FrameId, failure: Failure) {
        let Some(container) = self.state.frames.get(&id).and_then(|frame| frame.parent) else { return };
        match self.rounds_of(container) {
            Some(Rounds::Iteration(_)) => self.item_done(container, id, Err(failure)),
            Some(Rounds::Loop(_)) => self.loop_failed(container, id, failure),
            None => {}
        }
    }

    pub(super) fn working_mut(&mut self, container: Origin) -> Option<&mut Working> {
        self.state.frames.get_mut(&container.frame)?.working.get_mut(&container.node)
    }

    fn rounds_of(&self, container: Origin) -> Option<&Rounds> {
        self.state.frames.get(&container.frame)?.working.get(&container.node)?.rounds.as_deref()
    }

    /// Removes a round. Its events are told now if they were held back.
    pub(super) fn close_round(&mut self, container: Origin, id: FrameId) -> Option<Frame> {
        let mut frame = self.state.remove_frame(id)?;
        for event in frame.held.take().into_iter().flatten() {
            self.state.tell(container.frame, event);
        }
        Some(frame)
    }

    /// The container itself is finished.
    pub(super) fn end_rounds(&mut self, container: Origin, outcome: RoundsOutcome, usage: Option<Usage>) {
        let workflow = Arc::clone(&self.workflow);
        let Some(node) = self
            .state
            .scope(&workflow, container.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(container.node)))
        else {
            return;
        };
        let Some(working) = self.working_mut(container) else { return };
        working.rounds = None;
        let execution = working.execution.clone();
        let began = working.began;
        let elapsed = self.elapsed().saturating_sub(began);
        let mut metadata = outcome.metadata;
        let usage = usage.unwrap_or_default();
        metadata.cost(&usage);
        let mut placed = metadata.clone();
        placed.place(&execution.within);
        let end = RoundsEnd {
            execution,
            inputs: outcome.inputs.clone(),
            outputs: outcome.outputs.clone(),
            metadata: placed,
            usage: usage.clone(),
            steps: outcome.steps,
            failure: outcome.failure.clone(),
            elapsed,
            finished_at: chrono::Utc::now(),
        };
        match outcome.failure {
            None => {
                self.state.tell(container.frame, Event::RoundsSucceeded(Box::new(end)));
                let outcome = Outcome {
                    inputs: outcome.inputs,
                    outputs: outcome.outputs,
                    metadata,
                    usage: Some(usage),
                    ..Outcome::default()
                };
                self.succeed(container, &node.spec, outcome);
            }
            Some(failure) => {
                self.state.tell(container.frame, Event::RoundsFailed(Box::new(end)));
                self.add_usage(container.frame, &usage);
                let error = NodeError { failure, trace: Box::default() }.with_inputs(outcome.inputs);
                if container.frame == 0 {
                    self.state.totals.exceptions += 1;
                }
                self.fail(container, &node.spec, error);
            }
        }
    }
}
