//! What the streams of a frame see of the run.

use std::sync::Arc;

use uuid::Uuid;

use super::Run;
use super::frame::{FrameId, Mark};
use super::state::State;
use super::streams::Shown;
use crate::event::Event;
use crate::selector::Selector;
use crate::signal::{Origin, Signal};
use crate::value::Value;
use crate::workflow::Workflow;

struct View<'a> {
    state: &'a State,
    workflow: &'a Workflow,
    frame: FrameId,
}

impl View<'_> {
    /// The frame in which a node runs: this one, or one around.
    fn find(&self, node: &str) -> Option<(FrameId, u32)> {
        let mut at = Some(self.frame);
        while let Some(id) = at {
            if let Some(number) = self.state.scope(self.workflow, id).and_then(|scope| scope.number(node)) {
                return Some((id, number));
            }
            at = self.state.frames.get(&id)?.parent.map(|parent| parent.frame);
        }
        None
    }
}

impl Shown for View<'_> {
    fn value(&self, selector: &Selector) -> Option<Value> {
        self.state.variables(self.frame).get(selector).map(std::borrow::Cow::into_owned)
    }

    fn is_skipped(&self, node: &str) -> bool {
        self.find(node)
            .and_then(|(id, number)| Some(self.state.frames.get(&id)?.mark(number)))
            .is_some_and(|mark| mark == Mark::Skipped)
    }

    fn execution(&self, node: &str) -> Option<Uuid> {
        let (id, number) = self.find(node)?;
        let frame = self.state.frames.get(&id)?;
        let working = frame.working.get(&number).map(|working| working.execution.id);
        working.or_else(|| frame.executions.get(&number).copied())
    }

    fn is_node(&self, node: &str) -> bool {
        self.find(node).is_some()
    }
}

impl Run {
    /// Shows what can be shown of a frame's answers.
    pub(super) fn flush(&mut self, id: FrameId) {
        let workflow = Arc::clone(&self.workflow);
        let Some(frame) = self.state.frames.get_mut(&id) else { return };
        let (Some(mut streams), within) = (frame.streams.take(), frame.within.clone()) else { return };
        if let Some(plan) = workflow.scopes.get(frame.scope).and_then(|scope| scope.responses.as_ref()) {
            let view = View { state: &self.state, workflow: &workflow, frame: id };
            for chunk in streams.flush(plan, &within, &view) {
                self.state.tell(id, Event::Chunk(chunk));
            }
        }
        if let Some(frame) = self.state.frames.get_mut(&id) {
            frame.streams = Some(streams);
        }
    }

    /// A working node has said something.
    pub(super) fn hear(&mut self, origin: Origin, signal: Signal) {
        let workflow = Arc::clone(&self.workflow);
        let node = self.state.node_id(&workflow, origin);
        let Some(scope) = self.state.scope(&workflow, origin.frame) else { return };
        let Some(frame) = self.state.frames.get_mut(&origin.frame) else { return };
        // A node that was dropped has nothing more to say.
        let Some(execution) = frame.working.get(&origin.node).map(|working| working.execution.id) else { return };
        let event = match signal {
            Signal::Chunk { name, text, is_final } => {
                if let (Some(streams), Some(plan)) = (&mut frame.streams, &scope.responses)
                    && streams.buffer(plan, (&node, &name.into()), execution, (text, is_final))
                {
                    self.flush(origin.frame);
                }
                return;
            }
            Signal::Reasoning { text, is_final } => Event::Reasoning { node, execution, text, is_final },
            Signal::AgentLog(entry) => Event::AgentLog { node, execution, entry },
            Signal::RetrieverResources(resources) => Event::RetrieverResources { node, resources },
        };
        self.state.tell(origin.frame, event);
    }
}
