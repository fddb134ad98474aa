//! Iterations: one round for each item, one after the other or several at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Run;
use super::frame::FrameId;
use super::rounds::{NewRound, Rounds, RoundsOutcome};
use crate::event::{Event, RoundsStart};
use crate::node::{Failure, Metadata, Outcome};
use crate::nodes::iteration::{ItemErrors, IterationSpec};
use crate::pool::{self, Pool};
use crate::signal::Origin;
use crate::usage::Usage;
use crate::value::{Map, Value};
use crate::workflow::Work;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IterationState {
    items: Vec<Value>,
    results: Vec<Item>,
    /// Rounds that have not ended.
    open: usize,
    next: usize,
    inputs: Map,
    /// Seconds of each round.
    durations: BTreeMap<usize, f64>,
    usage: Option<Usage>,
    scope: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Item {
    Open,
    Done(Value),
    Failed,
}

impl Run {
    pub(super) fn begin_iteration(&mut self, origin: Origin, spec: &IterationSpec, scope: usize) {
        let begun = spec.begin(&self.state.variables(origin.frame), self.context.limits.max_rounds);
        let node = self.working_mut(origin).map(|working| working.execution.clone());
        let Some(execution) = node else { return };
        let (items, inputs) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                self.attempt_ended(origin, Err(error));
                return;
            }
        };
        if items.is_empty() {
            let outputs = Map::from_iter([("output".to_owned(), Value::array(Vec::new()))]);
            self.attempt_ended(origin, Ok(Outcome { inputs, outputs, ..Outcome::default() }));
            return;
        }
        let length = items.len();
        let state = IterationState {
            results: vec![Item::Open; length],
            open: length,
            items,
            next: 0,
            inputs: inputs.clone(),
            durations: BTreeMap::new(),
            usage: None,
            scope,
        };
        if let Some(working) = self.working_mut(origin) {
            working.rounds = Some(Box::new(Rounds::Iteration(state)));
        }
        let start = RoundsStart { execution: execution.clone(), inputs, length };
        self.state.tell(origin.frame, Event::RoundsStarted(Box::new(start)));
        if spec.parallel {
            for index in 0..length {
                let event = Event::RoundNext { execution: Box::new(execution.clone()), index };
                self.state.tell(origin.frame, event);
            }
        }
        for _ in 0..spec.at_once.min(length) {
            self.next_item(origin, spec);
        }
    }

    /// Begins the round of the next item, if there is one.
    fn next_item(&mut self, container: Origin, spec: &IterationSpec) {
        let Some(working) = self.working_mut(container) else { return };
        let execution = working.execution.clone();
        let Some(Rounds::Iteration(state)) = working.rounds.as_deref_mut() else { return };
        let index = state.next;
        let Some(item) = state.items.get(index).cloned() else { return };
        state.next += 1;
        let scope = state.scope;
        let mut pool = Pool::default();
        pool.set(Arc::clone(&execution.node.id), "item", item);
        pool.set(Arc::clone(&execution.node.id), "index", Value::Integer(i64::try_from(index).unwrap_or(i64::MAX)));
        if !spec.parallel {
            let event = Event::RoundNext { execution: Box::new(execution), index };
            self.state.tell(container.frame, event);
        }
        self.begin_round(NewRound { container, scope, index, pool: Some(pool), hold: spec.parallel });
    }

    /// A round is over, with its result or without.
    pub(super) fn item_done(&mut self, container: Origin, id: FrameId, ended: Result<(), Failure>) {
        let workflow = Arc::clone(&self.workflow);
        let Some(Work::Iteration { spec, .. }) = self
            .state
            .scope(&workflow, container.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(container.node)))
            .map(|node| &node.work)
        else {
            return;
        };
        let result = ended
            .map(|()| self.state.variables(id).get(&spec.output).map_or(Value::None, std::borrow::Cow::into_owned));
        let now = self.elapsed();
        let Some(frame) = self.close_round(container, id) else { return };
        self.keep_conversation(container, frame.pool.as_ref());
        let index = frame.within.iteration.as_ref().map_or(0, |round| round.index);
        let Some(Rounds::Iteration(state)) = self.working_mut(container).and_then(|w| w.rounds.as_deref_mut()) else {
            return;
        };
        if let Some(usage) = &frame.usage {
            match &mut state.usage {
                Some(sum) => sum.add(usage),
                None => state.usage = Some(usage.as_ref().clone()),
            }
        }
        let failed = result.is_err();
        if !failed {
            state.durations.insert(index, now.saturating_sub(frame.began).as_secs_f64());
        }
        state.open = state.open.saturating_sub(1);
        if let Some(slot) = state.results.get_mut(index) {
            *slot = match &result {
                Ok(value) => Item::Done(value.clone()),
                Err(_) if spec.errors == ItemErrors::Continue => Item::Done(Value::None),
                Err(_) => Item::Failed,
            };
        }
        if let Err(failure) = result
            && spec.errors == ItemErrors::Terminate
        {
            self.end_iteration(container, spec, Some(failure));
            return;
        }
        if state.open == 0 {
            self.end_iteration(container, spec, None);
        } else {
            self.next_item(container, spec);
        }
    }

    /// What a round has written into the conversation is kept; everything else of it is not.
    fn keep_conversation(&mut self, container: Origin, pool: Option<&Pool>) {
        let Some(written) = pool.and_then(|pool| pool.node(pool::CONVERSATION)) else { return };
        if let Some(around) = self.state.pool_mut(container.frame) {
            for (name, value) in written {
                around.set(pool::CONVERSATION, Arc::clone(name), value.clone());
            }
        }
    }

    fn end_iteration(&mut self, container: Origin, spec: &IterationSpec, failure: Option<Failure>) {
        let open: Vec<FrameId> =
            self.state.frames.iter().filter(|(_, frame)| frame.parent == Some(container)).map(|(id, _)| *id).collect();
        for id in open {
            self.close_round(container, id);
        }
        let Some(Rounds::Iteration(state)) = self.working_mut(container).and_then(|w| w.rounds.take()).map(|r| *r)
        else {
            return;
        };
        let results = state.results.into_iter().filter_map(|item| match item {
            Item::Done(value) => Some(value),
            Item::Open | Item::Failed => None,
        });
        let output = spec.collect(results.collect());
        let outcome = RoundsOutcome {
            inputs: state.inputs,
            outputs: Map::from_iter([("output".to_owned(), output)]),
            metadata: Metadata { iteration_duration_map: Some(state.durations), ..Metadata::default() },
            steps: state.items.len(),
            failure,
        };
        self.end_rounds(container, outcome, state.usage);
    }
}
