//! What a run tells while it runs.
//!
//! A run begins with [`Event::RunStarted`] and ends with exactly one [`Event::RunEnded`] or [`Event::RunPaused`]. Of one
//! execution of a node: started, chunks and logs, retries, then succeeded, failed or (failed, but handled) exception.
//! An iteration or a loop tells of its rounds between its start and its end.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::node::{Failure, Metadata, PauseReason, Write};
use crate::node_type::NodeType;
use crate::selector::Selector;
use crate::usage::Usage;
use crate::value::Map;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    RunStarted {
        /// It was paused, or its process died.
        resumed: bool,
    },
    NodeStarted(Box<Execution>),
    /// A piece of the text that clients are shown.
    Chunk(Chunk),
    /// A model thinks aloud, beside its answer.
    Reasoning {
        node: Arc<str>,
        execution: Uuid,
        text: String,
        is_final: bool,
    },
    /// What an agent is doing; sent again with the same id when it changes.
    AgentLog {
        node: Arc<str>,
        execution: Uuid,
        entry: Json,
    },
    /// Sources that an answer may cite.
    RetrieverResources {
        node: Arc<str>,
        resources: Vec<Json>,
    },
    /// An attempt failed and another one follows; `retry` counts from 1.
    NodeRetry {
        end: Box<NodeEnd>,
        retry: u32,
    },
    NodeSucceeded(Box<NodeEnd>),
    NodeFailed(Box<NodeEnd>),
    /// It failed, and its strategy lets the run go on.
    NodeException(Box<NodeEnd>),
    RoundsStarted(Box<RoundsStart>),
    /// A round of an iteration begins (counted from 0), or one of a loop has ended and another may follow (from 1).
    RoundNext {
        execution: Box<Execution>,
        index: usize,
    },
    RoundsSucceeded(Box<RoundsEnd>),
    RoundsFailed(Box<RoundsEnd>),
    RunPaused(Box<Pause>),
    RunEnded(Box<RunEnd>),
}

/// A node by what clients are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRef {
    pub id: Arc<str>,
    pub kind: NodeType,
    pub title: Arc<str>,
}

/// One execution of a node, however many attempts it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    pub id: Uuid,
    pub node: NodeRef,
    pub within: Within,
    /// Counts all executions of the run from 1, those inside rounds too.
    pub index: u32,
    /// The node whose edge made this one ready.
    pub predecessor: Option<Arc<str>>,
    pub started_at: DateTime<Utc>,
}

/// The innermost iteration and loop around a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Within {
    pub iteration: Option<Round>,
    pub r#loop: Option<Round>,
}

/// A round of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub node: Arc<str>,
    /// From 0.
    pub index: usize,
}

/// Text for the client, in the order of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The node that made the text, or whose template it is.
    pub node: Arc<str>,
    pub execution: Option<Uuid>,
    /// The variable it is a part of; `[node, "answer"]` for a template's own text.
    pub selector: Selector,
    pub text: String,
    /// The last piece of its variable (when a model streams it), or of its template.
    pub is_final: bool,
    pub within: Within,
}

/// How an attempt or an execution has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeEnd {
    pub execution: Execution,
    pub inputs: Map,
    pub process_data: Map,
    pub outputs: Map,
    pub failure: Option<Failure>,
    pub metadata: Metadata,
    pub elapsed: Duration,
    pub finished_at: DateTime<Utc>,
    /// Variables that it has written, beside its outputs.
    pub writes: Vec<Write>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundsStart {
    pub execution: Execution,
    pub inputs: Map,
    /// How many rounds there will be at most.
    pub length: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundsEnd {
    pub execution: Execution,
    pub inputs: Map,
    pub outputs: Map,
    pub metadata: Metadata,
    pub usage: Usage,
    pub steps: usize,
    pub failure: Option<Failure>,
    pub elapsed: Duration,
    pub finished_at: DateTime<Utc>,
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    Succeeded,
    /// It went to its end, and nodes have failed on the way.
    PartialSucceeded,
    Failed,
    /// A person stopped it, or it went over a limit.
    Stopped,
}

impl RunStatus {
    /// The text in tables and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::PartialSucceeded => "partial-succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// Counts of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Attempts of nodes outside of rounds.
    pub steps: u32,
    /// Failed attempts outside of rounds.
    pub exceptions: u32,
    pub usage: Usage,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    pub status: RunStatus,
    pub outputs: Map,
    pub error: Option<String>,
    /// Why a stopped run stopped.
    pub stopped_by: Option<StopCause>,
    pub totals: Totals,
    pub elapsed: Duration,
}

/// What ended a run before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopCause {
    User,
    /// Somebody else, whose reason is the error.
    Command,
    Limit,
    Shutdown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    pub reasons: Vec<PauseReason>,
    /// Executions that wait. None where the whole run was asked to pause.
    pub nodes: Vec<Execution>,
    pub outputs: Map,
    pub totals: Totals,
    pub elapsed: Duration,
}
