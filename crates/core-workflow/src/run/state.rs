//! Everything a run knows, as plain data.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::frame::{Frame, FrameId, Ready};
use crate::event::{Event, Totals};
use crate::node::PauseReason;
use crate::pool::{Pool, Variables};
use crate::signal::Origin;
use crate::value::Map;
use crate::workflow::Workflow;
use crate::workflow::scope::Scope;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// The whole workflow is frame 0.
    pub frames: BTreeMap<FrameId, Frame>,
    pub next_frame: FrameId,
    /// Frames that have something to start, first come first.
    #[serde(skip)]
    pub runnable: VecDeque<FrameId>,
    pub pending: VecDeque<Event>,
    pub totals: Totals,
    /// Attempts inside rounds.
    pub round_steps: u64,
    /// Executions so far.
    pub executions: u32,
    pub outputs: Map,
    pub started: bool,
    pub ended: bool,
    pub resumed: bool,
    /// It has ended because it pauses.
    #[serde(default)]
    pub waiting: bool,
    /// Why no node is started any more.
    pub pauses: Vec<PauseReason>,
    /// Nodes that asked for the pause.
    pub paused: Vec<Origin>,
    /// Worked in earlier processes.
    pub elapsed_before: Duration,
}

impl State {
    pub(crate) fn new(workflow: &Workflow, pool: Pool) -> Self {
        let mut frames = BTreeMap::new();
        if let Some(scope) = workflow.scopes.first() {
            let mut frame = Frame::new(0, scope, Duration::ZERO);
            frame.pool = Some(pool);
            frames.insert(0, frame);
        }
        Self {
            frames,
            next_frame: 1,
            runnable: VecDeque::new(),
            pending: VecDeque::new(),
            totals: Totals::default(),
            round_steps: 0,
            executions: 0,
            outputs: Map::new(),
            started: false,
            ended: false,
            resumed: false,
            waiting: false,
            pauses: Vec::new(),
            paused: Vec::new(),
            elapsed_before: Duration::ZERO,
        }
    }

    /// Puts a node into a frame's queue and the frame into the run's.
    pub(crate) fn enqueue(&mut self, id: FrameId, ready: Ready) {
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.ready.push_back(ready);
        }
        self.wake(id);
    }

    /// The frame may have something to start.
    pub(crate) fn wake(&mut self, id: FrameId) {
        if let Some(frame) = self.frames.get_mut(&id)
            && !frame.queued
            && !frame.ready.is_empty()
        {
            frame.queued = true;
            self.runnable.push_back(id);
        }
    }

    pub(crate) fn scope<'w>(&self, workflow: &'w Workflow, id: FrameId) -> Option<&'w Scope> {
        workflow.scopes.get(self.frames.get(&id)?.scope)
    }

    /// What nodes of a frame see.
    pub(crate) fn variables(&self, id: FrameId) -> Variables<'_> {
        let mut layers = Vec::new();
        let mut at = Some(id);
        while let Some(frame) = at.and_then(|id| self.frames.get(&id)) {
            layers.extend(&frame.pool);
            at = frame.parent.map(|parent| parent.frame);
        }
        Variables::layered(layers)
    }

    /// Where nodes of a frame write.
    pub(crate) fn pool_mut(&mut self, id: FrameId) -> Option<&mut Pool> {
        let mut owner = id;
        while let Some(frame) = self.frames.get(&owner) {
            match (&frame.pool, frame.parent) {
                (None, Some(parent)) => owner = parent.frame,
                (Some(_), _) | (None, None) => break,
            }
        }
        self.frames.get_mut(&owner)?.pool.as_mut()
    }

    /// Tells an event: at once, or when the parallel round it belongs to is over.
    pub(crate) fn tell(&mut self, from: FrameId, event: Event) {
        let mut at = Some(from);
        while let Some(id) = at {
            let Some(frame) = self.frames.get_mut(&id) else { break };
            if let Some(held) = &mut frame.held {
                held.push(event);
                return;
            }
            at = frame.parent.map(|parent| parent.frame);
        }
        self.pending.push_back(event);
    }

    /// Removes a frame and all frames inside it.
    pub(crate) fn remove_frame(&mut self, id: FrameId) -> Option<Frame> {
        let inner: Vec<FrameId> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.parent.is_some_and(|parent| parent.frame == id))
            .map(|(inner, _)| *inner)
            .collect();
        for inner in inner {
            self.remove_frame(inner);
        }
        let frame = self.frames.remove(&id)?;
        for abort in frame.working.values().filter_map(|working| working.abort.as_ref()) {
            abort.abort();
        }
        Some(frame)
    }

    /// Whether answers of a frame belong to the run's outputs: those inside iterations do not.
    pub(crate) fn is_inside_iteration(&self, id: FrameId) -> bool {
        self.frames.get(&id).is_some_and(|frame| frame.within.iteration.is_some())
    }

    pub(crate) fn node_id(&self, workflow: &Workflow, origin: Origin) -> Arc<str> {
        self.scope(workflow, origin.frame)
            .and_then(|scope| workflow.nodes.get(scope.global(origin.node)))
            .map(|node| Arc::clone(&node.spec.id))
            .unwrap_or_default()
    }
}
