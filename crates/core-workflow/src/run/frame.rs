//! The state of one scope while it runs: the whole workflow, or one round of a container. Plain data, so that a run can
//! be cut and resumed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::future::AbortHandle;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rounds::Rounds;
use super::streams::Streams;
use crate::event::{Event, Execution, Within};
use crate::pool::Pool;
use crate::signal::Origin;
use crate::usage::Usage;
use crate::workflow::scope::Scope;

/// Names a frame; never used twice in a run.
pub(crate) type FrameId = u64;

/// What is known of a node or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mark {
    Unknown,
    Taken,
    Skipped,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub scope: usize,
    /// The container whose round this is.
    pub parent: Option<Origin>,
    pub within: Within,
    pub nodes: Vec<Mark>,
    pub edges: Vec<Mark>,
    /// Incoming edges of each node of which nothing is known yet.
    pub undecided: Vec<u32>,
    /// Incoming edges of each node that were taken.
    pub taken: Vec<u32>,
    pub ready: VecDeque<Ready>,
    pub working: BTreeMap<u32, Working>,
    /// `None`: the variables of the frame around are this one's too.
    pub pool: Option<Pool>,
    pub streams: Option<Streams>,
    /// Events of a parallel round, until it is over.
    pub held: Option<Vec<Event>>,
    pub usage: Option<Box<Usage>>,
    /// The latest execution of each node that has run.
    pub executions: BTreeMap<u32, Uuid>,
    /// A loop's end was reached.
    pub loop_ended: bool,
    /// In the queue of frames that have something to start.
    #[serde(skip)]
    pub queued: bool,
    /// Since the run began.
    pub began: Duration,
}

/// A node whose turn it is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub node: u32,
    pub predecessor: Option<Arc<str>>,
    /// It was cut or paused: the same execution goes on.
    pub again: Option<Box<Again>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Again {
    pub execution: Execution,
    pub attempt: u32,
    /// The attempt was counted before the cut.
    pub counted: bool,
}

/// A node that has been started and is not finished.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Working {
    pub execution: Execution,
    pub attempt: u32,
    /// Since the run began.
    pub began: Duration,
    /// It has failed and waits for its next attempt.
    pub retry_due: bool,
    /// Containers only.
    pub rounds: Option<Box<Rounds>>,
    #[serde(skip)]
    pub abort: Option<AbortHandle>,
}

impl Frame {
    pub(crate) fn new(number: usize, scope: &Scope, began: Duration) -> Self {
        Self {
            scope: number,
            parent: None,
            within: Within::default(),
            nodes: vec![Mark::Unknown; scope.len()],
            edges: vec![Mark::Unknown; scope.edge_count()],
            undecided: scope.in_degrees.clone(),
            taken: vec![0; scope.len()],
            ready: VecDeque::new(),
            working: BTreeMap::new(),
            pool: None,
            streams: scope.responses.as_ref().map(Streams::new),
            held: None,
            usage: None,
            executions: BTreeMap::new(),
            loop_ended: false,
            queued: false,
            began,
        }
    }

    pub(crate) fn mark(&self, node: u32) -> Mark {
        self.nodes.get(node as usize).copied().unwrap_or(Mark::Unknown)
    }

    pub(crate) fn set_mark(&mut self, node: u32, mark: Mark) {
        if let Some(slot) = self.nodes.get_mut(node as usize) {
            *slot = mark;
        }
    }

    /// Nothing is left to do here.
    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.working.is_empty()
    }

    pub(crate) fn add_usage(&mut self, usage: &Usage) {
        match &mut self.usage {
            Some(sum) => sum.add(usage),
            None => self.usage = Some(Box::new(usage.clone())),
        }
    }
}
