//! The text of answers, in their order, while nodes run in any order.
//!
//! Every response node that may be shown has a session; one is active, the others queue. The active one goes through
//! its template: own text at once, pieces that a node streams as they come, other variables when they are there. What
//! is not its turn is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::frame::{Frame, Mark};
use crate::event::{Chunk, Within};
use crate::selector::Selector;
use crate::template::Segment;
use crate::value::Value;
use crate::workflow::responses::{Response, ResponsePlan};
use crate::workflow::scope::Scope;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Streams {
    any_edge_taken: bool,
    /// Nodes that can be reached, for each class of the plan.
    open: Vec<Vec<bool>>,
    activated: Vec<bool>,
    waiting: VecDeque<usize>,
    active: Option<Session>,
    buffers: Vec<Buffer>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    response: usize,
    segment: usize,
    /// Pieces of the current segment have been shown.
    streamed: bool,
}

/// Pieces of a streamed variable that were not shown yet.
#[derive(Debug, Serialize, Deserialize)]
struct Buffer {
    node: Arc<str>,
    name: Arc<str>,
    execution: Uuid,
    pieces: VecDeque<(String, bool)>,
    closed: bool,
}

/// What a session looks at to go on.
pub(crate) trait Shown {
    fn value(&self, selector: &Selector) -> Option<Value>;
    /// The node was skipped, here or in a frame around.
    fn is_skipped(&self, node: &str) -> bool;
    /// The latest execution of a node; `None` for namespaces and nodes that have not run.
    fn execution(&self, node: &str) -> Option<Uuid>;
    fn is_node(&self, node: &str) -> bool;
}

impl Streams {
    pub(crate) fn new(plan: &ResponsePlan) -> Self {
        Self {
            any_edge_taken: false,
            open: plan.classes.iter().map(|class| class.open.clone()).collect(),
            activated: vec![false; plan.responses.len()],
            waiting: VecDeque::new(),
            active: None,
            buffers: Vec::new(),
        }
    }

    /// Before the first edge is taken nothing is shown; then everything that nothing blocks.
    fn activate(&mut self, plan: &ResponsePlan, opened: &[(usize, u32)]) {
        let mut fresh: Vec<usize> = if self.any_edge_taken {
            opened
                .iter()
                .filter_map(|(class, node)| {
                    let response = plan.response_of(*node)?;
                    (plan.responses.get(response)?.class == *class).then_some(response)
                })
                .collect()
        } else {
            self.any_edge_taken = true;
            let is_open = |response: &Response| {
                self.open.get(response.class).and_then(|open| open.get(response.node as usize)).copied()
            };
            (0..plan.responses.len()).filter(|at| plan.responses.get(*at).and_then(is_open).unwrap_or(false)).collect()
        };
        // Responses stand in the order of their ids.
        fresh.sort_unstable();
        for response in fresh {
            if let Some(activated) = self.activated.get_mut(response)
                && !std::mem::replace(activated, true)
            {
                self.waiting.push_back(response);
            }
        }
    }

    /// Keeps a piece of a variable that some template shows.
    pub(crate) fn buffer(
        &mut self,
        plan: &ResponsePlan,
        (node, name): (&Arc<str>, &Arc<str>),
        execution: Uuid,
        (text, is_final): (String, bool),
    ) -> bool {
        if !plan.shows(node, name) {
            return false;
        }
        let at = match self.buffers.iter().position(|buffer| buffer.node == *node && buffer.name == *name) {
            Some(at) => at,
            None => {
                let (node, name) = (Arc::clone(node), Arc::clone(name));
                self.buffers.push(Buffer { node, name, execution, pieces: VecDeque::new(), closed: false });
                self.buffers.len() - 1
            }
        };
        let Some(buffer) = self.buffers.get_mut(at) else { return false };
        if buffer.execution != execution {
            // A node that runs again begins its text anew.
            buffer.execution = execution;
            buffer.closed = false;
        }
        buffer.pieces.push_back((text, is_final));
        buffer.closed |= is_final;
        true
    }

    /// Forgets pieces of a node that failed or was cut: another attempt begins anew.
    pub(crate) fn forget(&mut self, plan: &ResponsePlan, node: &str) -> bool {
        self.buffers.retain(|buffer| buffer.node.as_ref() != node);
        let Some(session) = &mut self.active else { return false };
        let shows_it = plan
            .responses
            .get(session.response)
            .and_then(|response| response.segments.get(session.segment))
            .is_some_and(|segment| matches!(segment, Segment::Variable(s) if s.node().as_ref() == node));
        shows_it && std::mem::replace(&mut session.streamed, false)
    }

    /// Everything that can be shown now.
    pub(crate) fn flush(&mut self, plan: &ResponsePlan, within: &Within, shown: &impl Shown) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        loop {
            if self.active.is_none() {
                let Some(response) = self.waiting.pop_front() else { return chunks };
                self.active = Some(Session { response, segment: 0, streamed: false });
            }
            if !self.advance(plan, within, shown, &mut chunks) {
                return chunks;
            }
            self.active = None;
        }
    }

    /// Goes through the active session's template. False: it has to wait.
    fn advance(&mut self, plan: &ResponsePlan, within: &Within, shown: &impl Shown, out: &mut Vec<Chunk>) -> bool {
        let Some(session) = &mut self.active else { return true };
        let Some(response) = plan.responses.get(session.response) else { return true };
        while let Some(segment) = response.segments.get(session.segment) {
            let is_last = session.segment + 1 == response.segments.len();
            let make = |node: &Arc<str>, selector: Selector, text: String, is_final: bool| Chunk {
                execution: shown.execution(node),
                node: Arc::clone(node),
                selector,
                text,
                is_final,
                within: within.clone(),
            };
            match segment {
                Segment::Text(text) => {
                    let selector = Selector::of(Arc::clone(&response.id), "answer");
                    out.push(make(&response.id, selector, text.to_string(), is_last));
                }
                Segment::Variable(selector) => {
                    if shown.is_skipped(selector.node()) {
                        // Dropped: the branch that would have made it was not taken.
                    } else if let Some(buffer) = streamed(&mut self.buffers, selector) {
                        session.streamed |= !buffer.pieces.is_empty();
                        for (text, is_final) in buffer.pieces.drain(..) {
                            let mut chunk = make(selector.node(), selector.clone(), text, is_final);
                            chunk.execution = Some(buffer.execution);
                            out.push(chunk);
                        }
                        if !buffer.closed && shown.value(selector).is_none() {
                            return false;
                        }
                    } else if session.streamed && shown.value(selector).is_some() {
                        // All of it has been shown in pieces.
                    } else if let Some(value) = shown.value(selector) {
                        let node = if shown.is_node(selector.node()) { selector.node() } else { &response.id };
                        out.push(make(node, selector.clone(), value.markdown(), is_last));
                    } else {
                        return false;
                    }
                }
            }
            session.segment += 1;
            session.streamed = false;
        }
        true
    }
}

/// The buffer of a variable that is being streamed: with pieces to show, or not complete.
fn streamed<'a>(buffers: &'a mut [Buffer], selector: &Selector) -> Option<&'a mut Buffer> {
    if !selector.path().is_empty() {
        return None;
    }
    let buffer = buffers.iter_mut().find(|b| b.node == *selector.node() && b.name == *selector.name())?;
    (!buffer.pieces.is_empty() || !buffer.closed).then_some(buffer)
}

impl Frame {
    /// Opens what an edge was blocking.
    pub(crate) fn edge_taken(&mut self, scope: &Scope, number: u32) {
        let (Some(plan), Some(streams), Some(edge)) =
            (scope.responses.as_ref(), self.streams.as_mut(), scope.edge(number))
        else {
            return;
        };
        let mut opened = Vec::new();
        for (at, class) in plan.classes.iter().enumerate() {
            let Some(open) = streams.open.get_mut(at) else { continue };
            let source_is_open = open.get(edge.source as usize).copied().unwrap_or(false);
            if source_is_open && plan.blocks(class, edge.source) {
                let taken = |edge: u32| self.edges.get(edge as usize) == Some(&Mark::Taken);
                let nodes = plan.spread(scope, class, open, edge.target, taken);
                opened.extend(nodes.into_iter().map(|node| (at, node)));
            }
        }
        streams.activate(plan, &opened);
    }
}
