//! What follows an attempt: outputs, edges, another attempt, the node's strategy, or the end of the run.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::Utc;
use futures::FutureExt;

use super::edges::Choice;
use super::frame::{FrameId, Working};
use super::{Completion, Run};
use crate::event::{Event, NodeEnd, StopCause};
use crate::graph::{FAIL_HANDLE, NodeSpec, SOURCE_HANDLE, Strategy};
use crate::node::{Failure, Metadata, NodeError, Outcome, Trace};
use crate::node_type::NodeType;
use crate::signal::Origin;
use crate::value::{Map, Value};
use crate::workflow::Work;

/// What siblings of a failed node end with.
const CANCELLED: &str = "Execution cancelled";

impl Run {
    pub(super) fn attempt_ended(&mut self, origin: Origin, result: Result<Outcome, NodeError>) {
        let workflow = Arc::clone(&self.workflow);
        let Some(spec) = self
            .state
            .scope(&workflow, origin.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(origin.node)))
            .map(|node| &node.spec)
        else {
            return;
        };
        match result {
            Ok(outcome) => self.succeed(origin, spec, outcome),
            Err(error) => self.fail_attempt(origin, spec, error),
        }
    }

    pub(super) fn take_working(&mut self, origin: Origin) -> Option<Working> {
        let frame = self.state.frames.get_mut(&origin.frame)?;
        let working = frame.working.remove(&origin.node)?;
        frame.executions.insert(origin.node, working.execution.id);
        Some(working)
    }

    pub(super) fn succeed(&mut self, origin: Origin, spec: &NodeSpec, outcome: Outcome) {
        if let Some(reason) = outcome.pause {
            self.state.pauses.push(reason);
            self.state.paused.push(origin);
            return;
        }
        let Some(choice) = choice(spec, outcome.handle.clone()) else {
            self.fail_attempt(origin, spec, NodeError::generic("the branch node has chosen no handle"));
            return;
        };
        let Some(working) = self.take_working(origin) else { return };
        if let Some(usage) = &outcome.usage {
            self.add_usage(origin.frame, usage);
        }
        if let Some(pool) = self.state.pool_mut(origin.frame) {
            for write in &outcome.writes {
                pool.set(Arc::clone(write.selector.node()), Arc::clone(write.selector.name()), write.value.clone());
            }
            for (name, value) in &outcome.outputs {
                pool.set(Arc::clone(&spec.id), name.as_str(), value.clone());
            }
        }
        self.flush(origin.frame);
        self.leave(origin, spec, &choice);
        if spec.kind == NodeType::LoopEnd
            && let Some(frame) = self.state.frames.get_mut(&origin.frame)
        {
            frame.loop_ended = true;
        }
        if spec.kind.is_response() {
            self.merge_outputs(origin.frame, spec, &outcome.outputs);
        }
        let end = self.end_of(working, outcome.metadata, None);
        let end = NodeEnd {
            inputs: outcome.inputs,
            process_data: outcome.process_data,
            outputs: outcome.outputs,
            writes: outcome.writes,
            ..end
        };
        self.state.tell(origin.frame, Event::NodeSucceeded(Box::new(end)));
        self.after_node(origin.frame);
    }

    /// Edges, the text they unlock, and the nodes they make ready.
    fn leave(&mut self, origin: Origin, spec: &NodeSpec, choice: &Choice) {
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        if let Some(frame) = self.state.frames.get_mut(&origin.frame) {
            frame.leave(scope, origin.node, &spec.id, choice);
        }
        self.flush(origin.frame);
        self.state.wake(origin.frame);
    }

    /// Answers follow one another; of equal names of end nodes the later counts.
    fn merge_outputs(&mut self, frame: FrameId, spec: &NodeSpec, outputs: &Map) {
        if self.state.is_inside_iteration(frame) {
            return;
        }
        for (name, value) in outputs {
            let text = match (spec.kind, self.state.outputs.get(name)) {
                (NodeType::Answer, Some(Value::String(earlier))) if name == "answer" => {
                    Some(format!("{earlier}{}", value.as_str().unwrap_or_default()))
                }
                _ => None,
            };
            self.state.outputs.insert(name.clone(), text.map_or_else(|| value.clone(), Value::from));
        }
    }

    fn fail_attempt(&mut self, origin: Origin, spec: &NodeSpec, error: NodeError) {
        let Some(working) = self.state.frames.get_mut(&origin.frame).and_then(|f| f.working.get_mut(&origin.node))
        else {
            return;
        };
        working.abort = None;
        let attempt = working.attempt;
        if let Some(usage) = &error.trace.usage {
            self.add_usage(origin.frame, usage);
        }
        self.forget_pieces(origin, spec);
        if origin.frame == 0 {
            self.state.totals.exceptions += 1;
        }
        match spec.retry {
            Some(retry) if attempt < retry.max => {
                let working = self.state.frames.get(&origin.frame).and_then(|frame| frame.working.get(&origin.node));
                let Some(end) =
                    working.map(|working| self.end_at(working, Metadata::default(), Some(error.failure.clone())))
                else {
                    return;
                };
                let end = NodeEnd { inputs: error.trace.inputs, process_data: error.trace.process_data, ..end };
                self.state.tell(origin.frame, Event::NodeRetry { end: Box::new(end), retry: attempt + 1 });
                if let Some(working) = self.working_mut(origin) {
                    working.attempt += 1;
                    working.retry_due = true;
                }
                let due = async move {
                    tokio::time::sleep(retry.interval).await;
                    Completion::RetryDue(origin)
                };
                self.spawn(origin, due.boxed());
            }
            _ => self.fail(origin, spec, error),
        }
    }

    /// Text of the failed attempt that was not shown yet never will be.
    fn forget_pieces(&mut self, origin: Origin, spec: &NodeSpec) {
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        if let (Some(streams), Some(plan)) = (
            self.state.frames.get_mut(&origin.frame).and_then(|frame| frame.streams.as_mut()),
            scope.responses.as_ref(),
        ) {
            streams.forget(plan, &spec.id);
        }
    }

    pub(super) fn retry(&mut self, origin: Origin) {
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        let Some(node) = workflow.nodes.get(scope.global(origin.node)) else { return };
        if !self.count_step(origin) {
            return;
        }
        let Some(working) = self.state.frames.get_mut(&origin.frame).and_then(|f| f.working.get_mut(&origin.node))
        else {
            return;
        };
        working.retry_due = false;
        working.abort = None;
        if let Work::Leaf(leaf) = &node.work {
            self.attempt(origin, &node.spec, leaf);
        }
    }

    /// A node has failed for good.
    pub(super) fn fail(&mut self, origin: Origin, spec: &NodeSpec, error: NodeError) {
        let NodeError { failure, trace } = error;
        let Trace { inputs, process_data, usage: _ } = *trace;
        let (mut outputs, choice, strategy) = match &spec.strategy {
            Strategy::None => {
                self.fail_without_strategy(origin, failure, inputs, process_data);
                return;
            }
            Strategy::FailBranch => (Map::new(), Choice::Handle(FAIL_HANDLE.into()), FAIL_HANDLE),
            Strategy::DefaultValue(defaults) => (defaults.as_ref().clone(), Choice::All, "default-value"),
        };
        let Some(working) = self.take_working(origin) else { return };
        outputs.insert("error_message".to_owned(), Value::from(failure.message.as_str()));
        outputs.insert("error_type".to_owned(), Value::from(failure.kind.as_ref()));
        if let Some(pool) = self.state.pool_mut(origin.frame) {
            for (name, value) in &outputs {
                pool.set(Arc::clone(&spec.id), name.as_str(), value.clone());
            }
        }
        self.leave(origin, spec, &choice);
        let metadata = Metadata { error_strategy: Some(Cow::Borrowed(strategy)), ..Metadata::default() };
        let end = self.end_of(working, metadata, Some(failure));
        let end = NodeEnd { inputs, process_data, outputs, ..end };
        self.state.tell(origin.frame, Event::NodeException(Box::new(end)));
        self.after_node(origin.frame);
    }

    fn fail_without_strategy(&mut self, origin: Origin, failure: Failure, inputs: Map, process_data: Map) {
        let Some(working) = self.take_working(origin) else { return };
        let end = self.end_of(working, Metadata::default(), Some(failure.clone()));
        let end = NodeEnd { inputs, process_data, ..end };
        self.state.tell(origin.frame, Event::NodeFailed(Box::new(end)));
        self.fail_frame(origin.frame, failure);
    }

    /// A frame ends with its node's failure: the run, or a round.
    pub(super) fn fail_frame(&mut self, id: FrameId, failure: Failure) {
        self.cancel_siblings(id);
        if id == 0 {
            self.end_failed(failure);
        } else {
            self.round_failed(id, failure);
        }
    }

    /// What still works in a frame is told to be cancelled.
    fn cancel_siblings(&mut self, id: FrameId) {
        let Some(frame) = self.state.frames.get_mut(&id) else { return };
        frame.ready.clear();
        let working = std::mem::take(&mut frame.working);
        let inner: Vec<FrameId> = self
            .state
            .frames
            .iter()
            .filter(|(_, frame)| frame.parent.is_some_and(|parent| parent.frame == id))
            .map(|(inner, _)| *inner)
            .collect();
        for inner in inner {
            self.cancel_siblings(inner);
            self.state.remove_frame(inner);
        }
        for working in working.into_values() {
            if let Some(abort) = &working.abort {
                abort.abort();
            }
            let failure = NodeError::generic(CANCELLED).failure;
            let end = self.end_of(working, Metadata::default(), Some(failure));
            self.state.tell(id, Event::NodeFailed(Box::new(end)));
        }
    }

    pub(super) fn end_of(&self, working: Working, metadata: Metadata, failure: Option<Failure>) -> NodeEnd {
        self.end_at(&working, metadata, failure)
    }

    fn end_at(&self, working: &Working, mut metadata: Metadata, failure: Option<Failure>) -> NodeEnd {
        metadata.place(&working.execution.within);
        NodeEnd {
            execution: working.execution.clone(),
            inputs: Map::new(),
            process_data: Map::new(),
            outputs: Map::new(),
            failure,
            metadata,
            elapsed: self.elapsed().saturating_sub(working.began),
            finished_at: Utc::now(),
            writes: Vec::new(),
        }
    }

    /// Limits, and the end of a frame that has nothing left to do.
    pub(super) fn after_node(&mut self, id: FrameId) {
        if id == 0 {
            let (steps, max) = (self.state.totals.steps, self.context.limits.max_steps);
            if steps > max {
                self.abort(StopCause::Limit, format!("Aborted: Maximum execution steps exceeded: {steps} > {max}"));
                return;
            }
            if self.elapsed() > self.context.limits.max_time {
                self.out_of_time();
                return;
            }
        }
        self.state.wake(id);
        self.frame_may_be_over(id);
    }

    /// Counts a start of a node. False: no more may be started, and the run has ended.
    pub(super) fn count_step(&mut self, origin: Origin) -> bool {
        if origin.frame == 0 {
            self.state.totals.steps += 1;
            return true;
        }
        self.state.round_steps += 1;
        let (steps, max) = (self.state.round_steps, self.context.limits.max_round_steps);
        if steps <= max {
            return true;
        }
        let reason = format!("Aborted: Maximum execution steps inside iterations and loops exceeded: {steps} > {max}");
        self.abort(StopCause::Limit, reason);
        false
    }

    pub(super) fn add_usage(&mut self, id: FrameId, usage: &crate::usage::Usage) {
        if id == 0 {
            self.state.totals.usage.add(usage);
        } else if let Some(frame) = self.state.frames.get_mut(&id) {
            frame.add_usage(usage);
        }
    }
}

/// Which edges a successful node takes. `None`: a branch that has not chosen.
fn choice(spec: &NodeSpec, handle: Option<Arc<str>>) -> Option<Choice> {
    match handle.filter(|handle| !handle.is_empty()) {
        _ if !spec.branches() => Some(Choice::All),
        Some(handle) => Some(Choice::Handle(handle)),
        None if spec.kind.is_branch() => None,
        None => Some(Choice::Handle(SOURCE_HANDLE.into())),
    }
}
