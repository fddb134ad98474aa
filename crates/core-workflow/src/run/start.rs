//! Starting nodes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::Utc;
use futures::FutureExt;
use futures::future::{AbortHandle, Abortable, BoxFuture};
use uuid::Uuid;

use super::edges::Choice;
use super::frame::{Again, Mark, Ready, Working};
use super::{Completion, Run};
use crate::event::{Event, Execution};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool;
use crate::signal::Origin;
use crate::value::Value;
use crate::workflow::Work;

/// What is told of a node that panicked. The panic's own text may hold anything.
const PANICKED: &str = "the node failed unexpectedly";

impl Run {
    /// The first event, and the root in the queue.
    pub(super) fn begin(&mut self) {
        self.state.started = true;
        self.state.pending.push_back(Event::RunStarted { resumed: self.state.resumed });
        if self.state.resumed {
            return;
        }
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = workflow.scopes.first() else { return };
        if let Some(root) = workflow.root()
            && let Some(pool) = self.state.pool_mut(0)
        {
            for (name, value) in &self.context.inputs {
                pool.set(Arc::clone(&root.id), name.as_str(), value.clone());
            }
            if pool.variable(pool::SYSTEM, "files").is_none() {
                pool.set(pool::SYSTEM, "files", Value::array_of(crate::value::ArrayKind::File, Vec::new()));
            }
        }
        if let Some(frame) = self.state.frames.get_mut(&0) {
            frame.skip_roots(scope);
            frame.set_mark(scope.root, Mark::Taken);
        }
        self.state.enqueue(0, Ready { node: scope.root, predecessor: None, again: None });
    }

    /// Starts one ready node. False: there is none, or no more may run at once.
    pub(super) fn start_next(&mut self) -> bool {
        if !self.state.pauses.is_empty() {
            return false;
        }
        while let Some(id) = self.state.runnable.front().copied() {
            let limits = &self.context.limits;
            let ready = self.state.frames.get_mut(&id).and_then(|frame| {
                let workers = if frame.parent.is_none() { limits.workers } else { limits.round_workers };
                if frame.working.len() >= workers.max(1) {
                    return None;
                }
                frame.ready.pop_front()
            });
            if let Some(ready) = ready {
                self.start(Origin { frame: id, node: ready.node }, ready.predecessor, ready.again);
                return true;
            }
            self.state.runnable.pop_front();
            if let Some(frame) = self.state.frames.get_mut(&id) {
                frame.queued = false;
            }
        }
        false
    }

    fn start(&mut self, origin: Origin, predecessor: Option<Arc<str>>, again: Option<Box<Again>>) {
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        let Some(node) = workflow.nodes.get(scope.global(origin.node)) else { return };
        if node.spec.kind.starts_rounds() && matches!(node.work, Work::Leaf(_)) {
            self.pass(origin, &node.spec);
            return;
        }
        let began = self.elapsed();
        let Some(frame) = self.state.frames.get(&origin.frame) else { return };
        let (execution, attempt) = match again {
            Some(again) => {
                if !again.counted && !self.count_step(origin) {
                    return;
                }
                (again.execution, again.attempt)
            }
            None => {
                self.state.executions += 1;
                let execution = Execution {
                    id: Uuid::now_v7(),
                    node: node.reference.clone(),
                    within: frame.within.clone(),
                    index: self.state.executions,
                    predecessor,
                    started_at: Utc::now(),
                };
                if !self.count_step(origin) {
                    return;
                }
                self.state.tell(origin.frame, Event::NodeStarted(Box::new(execution.clone())));
                (execution, 0)
            }
        };
        if let Some(frame) = self.state.frames.get_mut(&origin.frame) {
            let working = Working { execution, attempt, began, retry_due: false, rounds: None, abort: None };
            frame.working.insert(origin.node, working);
        }
        match &node.work {
            Work::Leaf(leaf) => self.attempt(origin, &node.spec, leaf),
            Work::Iteration { spec, scope } => self.begin_iteration(origin, spec, *scope),
            Work::Loop { spec, scope } => self.begin_loop(origin, spec, *scope),
        }
    }

    /// The start of a round does nothing and tells nothing.
    fn pass(&mut self, origin: Origin, spec: &NodeSpec) {
        let workflow = Arc::clone(&self.workflow);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        if let Some(frame) = self.state.frames.get_mut(&origin.frame) {
            frame.leave(scope, origin.node, &spec.id, &Choice::All);
        }
        self.flush(origin.frame);
        self.state.wake(origin.frame);
        self.frame_may_be_over(origin.frame);
    }

    /// One attempt of a node that is working.
    pub(super) fn attempt(&mut self, origin: Origin, spec: &NodeSpec, leaf: &Arc<dyn Node>) {
        let Some(frame) = self.state.frames.get(&origin.frame) else { return };
        let Some(working) = frame.working.get(&origin.node) else { return };
        let signals = || self.signals_of(origin);
        let visit = Visit {
            spec,
            variables: self.state.variables(origin.frame),
            execution: working.execution.id,
            attempt: working.attempt,
            within: &frame.within,
            run: &self.context,
            signals: &signals,
        };
        let step = std::panic::catch_unwind(AssertUnwindSafe(|| leaf.start(&visit)))
            .unwrap_or_else(|_panic| Step::Done(Err(NodeError::generic(PANICKED))));
        match step {
            Step::Done(result) => self.attempt_ended(origin, result),
            Step::Pending(work) => {
                let work = AssertUnwindSafe(work).catch_unwind().map(move |result| {
                    let result: Result<Outcome, NodeError> =
                        result.unwrap_or_else(|_panic| Err(NodeError::generic(PANICKED)));
                    Completion::Attempt(origin, result)
                });
                self.spawn(origin, work.boxed());
            }
        }
    }

    pub(super) fn spawn(&mut self, origin: Origin, work: BoxFuture<'static, Completion>) {
        let (abort, registration) = AbortHandle::new_pair();
        let working = self.state.frames.get_mut(&origin.frame).and_then(|frame| frame.working.get_mut(&origin.node));
        if let Some(working) = working {
            working.abort = Some(abort);
            self.work.push(Abortable::new(work, registration));
        }
    }
}
