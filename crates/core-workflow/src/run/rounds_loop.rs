//! Loops: one round after the other over the same variables, until a condition holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Run;
use super::frame::FrameId;
use super::rounds::{NewRound, Rounds, RoundsOutcome};
use crate::event::{Event, RoundsStart};
use crate::node::{Failure, Metadata};
use crate::nodes::r#loop::LoopSpec;
use crate::signal::Origin;
use crate::usage::Usage;
use crate::value::{Map, Value, map_to_json};
use crate::workflow::Work;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LoopState {
    /// Rounds that are over.
    rounds: usize,
    inputs: Map,
    /// Seconds of each round.
    durations: BTreeMap<usize, f64>,
    /// The loop's variables after each round.
    variables: BTreeMap<usize, serde_json::Value>,
    usage: Option<Usage>,
    scope: usize,
}

impl Run {
    pub(super) fn begin_loop(&mut self, origin: Origin, spec: &LoopSpec, scope: usize) {
        let Some(execution) = self.working_mut(origin).map(|working| working.execution.clone()) else { return };
        let begun = spec.begin(&self.state.variables(origin.frame), self.context.limits.max_rounds);
        let (initial, inputs) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                self.attempt_ended(origin, Err(error));
                return;
            }
        };
        if let Some(pool) = self.state.pool_mut(origin.frame) {
            for (label, value) in initial {
                pool.set(Arc::clone(&execution.node.id), label, value);
            }
        }
        let state = LoopState {
            rounds: 0,
            inputs: inputs.clone(),
            durations: BTreeMap::new(),
            variables: BTreeMap::new(),
            usage: None,
            scope,
        };
        if let Some(working) = self.working_mut(origin) {
            working.rounds = Some(Box::new(Rounds::Loop(state)));
        }
        let start = RoundsStart { execution, inputs, length: spec.count };
        self.state.tell(origin.frame, Event::RoundsStarted(Box::new(start)));
        // A condition that cannot be judged yet does not hold.
        let holds = spec.is_done(&self.state.variables(origin.frame)).unwrap_or(false);
        if holds || spec.count == 0 {
            self.end_loop(origin, spec, holds, None);
        } else {
            self.next_loop_round(origin, 0);
        }
    }

    fn next_loop_round(&mut self, container: Origin, index: usize) {
        let workflow = Arc::clone(&self.workflow);
        let Some(Rounds::Loop(state)) = self.working_mut(container).and_then(|w| w.rounds.as_deref()) else { return };
        let scope = state.scope;
        if let (Some(inner), Some(pool)) = (workflow.scopes.get(scope), self.state.pool_mut(container.frame)) {
            for node in inner.reachable_nodes().filter_map(|node| workflow.nodes.get(node)) {
                pool.remove_node(&node.spec.id);
            }
        }
        self.begin_round(NewRound { container, scope, index, pool: None, hold: false });
    }

    pub(super) fn loop_round_done(&mut self, container: Origin, id: FrameId) {
        let workflow = Arc::clone(&self.workflow);
        let Some(Work::Loop { spec, .. }) = self
            .state
            .scope(&workflow, container.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(container.node)))
            .map(|node| &node.work)
        else {
            return;
        };
        let Some(loop_ended) = self.keep_loop_round(container, id, spec) else { return };
        let done = match spec.is_done(&self.state.variables(container.frame)) {
            Ok(done) => done,
            Err(message) => {
                let failure = crate::node::NodeError::generic(message).failure;
                self.end_loop(container, spec, false, Some(failure));
                return;
            }
        };
        if done || loop_ended {
            self.end_loop(container, spec, true, None);
            return;
        }
        let Some(working) = self.working_mut(container) else { return };
        let execution = working.execution.clone();
        let Some(Rounds::Loop(state)) = working.rounds.as_deref() else { return };
        let rounds = state.rounds;
        self.state.tell(container.frame, Event::RoundNext { execution: Box::new(execution), index: rounds });
        if rounds >= spec.count {
            self.end_loop(container, spec, false, None);
        } else {
            self.next_loop_round(container, rounds);
        }
    }

    /// Notes what a round has left behind; gives whether it has reached the loop's end.
    fn keep_loop_round(&mut self, container: Origin, id: FrameId, spec: &LoopSpec) -> Option<bool> {
        let now = self.elapsed();
        let frame = self.close_round(container, id)?;
        let variables = map_to_json(&spec.current(&self.state.variables(container.frame)));
        let Some(Rounds::Loop(state)) = self.working_mut(container)?.rounds.as_deref_mut() else { return None };
        state.durations.insert(state.rounds, now.saturating_sub(frame.began).as_secs_f64());
        state.variables.insert(state.rounds, variables);
        state.rounds += 1;
        if let Some(usage) = &frame.usage {
            match &mut state.usage {
                Some(sum) => sum.add(usage),
                None => state.usage = Some(usage.as_ref().clone()),
            }
        }
        Some(frame.loop_ended)
    }

    pub(super) fn loop_failed(&mut self, container: Origin, id: FrameId, failure: Failure) {
        let workflow = Arc::clone(&self.workflow);
        let Some(Work::Loop { spec, .. }) = self
            .state
            .scope(&workflow, container.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(container.node)))
            .map(|node| &node.work)
        else {
            return;
        };
        let Some(frame) = self.close_round(container, id) else { return };
        if let (Some(usage), Some(Rounds::Loop(state))) =
            (frame.usage, self.working_mut(container).and_then(|w| w.rounds.as_deref_mut()))
        {
            match &mut state.usage {
                Some(sum) => sum.add(&usage),
                None => state.usage = Some(*usage),
            }
        }
        self.end_loop(container, spec, false, Some(failure));
    }

    fn end_loop(&mut self, container: Origin, spec: &LoopSpec, broken: bool, failure: Option<Failure>) {
        let Some(Rounds::Loop(state)) = self.working_mut(container).and_then(|w| w.rounds.take()).map(|r| *r) else {
            return;
        };
        let mut outputs = spec.current(&self.state.variables(container.frame));
        if state.rounds > 0 {
            let rounds = i64::try_from(state.rounds).unwrap_or(i64::MAX);
            outputs.insert("loop_round".to_owned(), Value::Integer(rounds));
        }
        let reason = match (&failure, broken) {
            (Some(_), _) => "error",
            (None, true) => "loop_break",
            (None, false) => "loop_completed",
        };
        let outcome = RoundsOutcome {
            inputs: state.inputs,
            outputs,
            metadata: Metadata {
                loop_duration_map: Some(state.durations),
                loop_variable_map: Some(state.variables),
                completed_reason: Some(reason.into()),
                ..Metadata::default()
            },
            steps: spec.count,
            failure,
        };
        self.end_rounds(container, outcome, state.usage);
    }
}
