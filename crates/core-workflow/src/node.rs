//! What a node is to the engine, and what it gives back.
//!
//! A node is made once for a workflow and started for every execution. [`Node::start`] reads what it needs from the
//! variables at once. What takes no time is done there; what waits for something outside is a future that owns its
//! inputs, so that a run can be cut, stopped and polled beside others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::event::Within;
use crate::graph::NodeSpec;
use crate::pool::Variables;
use crate::run::RunContext;
use crate::selector::Selector;
use crate::signal::Signals;
use crate::usage::Usage;
use crate::value::{Map, Value};

/// The work of one node.
pub trait Node: Send + Sync + fmt::Debug {
    /// Begins one attempt.
    fn start(&self, visit: &Visit<'_>) -> Step;

    /// Variables that it writes beside its outputs. Text of an answer that shows one of them waits for this node.
    fn writes(&self) -> Vec<Selector> {
        Vec::new()
    }

    /// What an answer or end node shows, piece by piece, as soon as it is known.
    fn template(&self) -> Option<Vec<crate::Segment>> {
        None
    }
}

/// What a node sees when it starts.
pub struct Visit<'a> {
    pub spec: &'a NodeSpec,
    pub variables: Variables<'a>,
    /// The same for all attempts.
    pub execution: Uuid,
    /// From 0.
    pub attempt: u32,
    pub within: &'a Within,
    pub run: &'a Arc<RunContext>,
    pub(crate) signals: &'a dyn Fn() -> Signals,
}

impl Visit<'_> {
    /// For nodes that stream while they work.
    pub fn signals(&self) -> Signals {
        (self.signals)()
    }
}

/// What starting a node gives.
#[expect(clippy::large_enum_variant, reason = "lives for one call; a box for every quick result would cost more")]
pub enum Step {
    Done(Result<Outcome, NodeError>),
    Pending(BoxFuture<'static, Result<Outcome, NodeError>>),
}

impl Step {
    pub fn ok(outcome: Outcome) -> Self {
        Self::Done(Ok(outcome))
    }

    pub fn pending(work: impl Future<Output = Result<Outcome, NodeError>> + Send + 'static) -> Self {
        Self::Pending(Box::pin(work))
    }
}

impl From<Result<Outcome, NodeError>> for Step {
    fn from(result: Result<Outcome, NodeError>) -> Self {
        Self::Done(result)
    }
}

/// What a successful attempt gives.
#[derive(Debug, Default)]
pub struct Outcome {
    pub inputs: Map,
    pub process_data: Map,
    pub outputs: Map,
    /// Which of its handles a branch has chosen.
    pub handle: Option<Arc<str>>,
    pub metadata: Metadata,
    pub usage: Option<Usage>,
    pub writes: Vec<Write>,
    /// The run is to pause here; the node runs again when it goes on.
    pub pause: Option<PauseReason>,
}

impl Outcome {
    /// With these outputs and nothing else.
    pub fn with(outputs: Map) -> Self {
        Self { outputs, ..Self::default() }
    }
}

/// A value that a node writes into a variable that is not its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    pub selector: Selector,
    pub value: Value,
}

/// Why a run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "TYPE", rename_all = "snake_case")]
pub enum PauseReason {
    HumanInputRequired { form_id: String, node_id: String },
    ScheduledPause { message: String },
}

/// Why a node failed, as clients and tables are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub message: String,
    /// The name of the error's class in Dify; workflows compare it.
    pub kind: Cow<'static, str>,
}

/// A failed attempt: why, and what is known of it so far.
#[derive(Debug)]
pub struct NodeError {
    pub failure: Failure,
    pub trace: Box<Trace>,
}

/// What is known of a failed attempt beside its failure.
#[derive(Debug, Default)]
pub struct Trace {
    pub inputs: Map,
    pub process_data: Map,
    /// What it has cost all the same.
    pub usage: Option<Usage>,
}

/// The class of errors that have no class of their own.
pub(crate) const GENERIC_ERROR: &str = "WorkflowNodeError";

impl NodeError {
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let failure = Failure { message: message.into(), kind: kind.into() };
        Self { failure, trace: Box::default() }
    }

    /// Without a class of its own.
    pub fn generic(message: impl Into<String>) -> Self {
        Self::new(GENERIC_ERROR, message)
    }

    #[must_use]
    pub fn with_inputs(mut self, inputs: Map) -> Self {
        self.trace.inputs = inputs;
        self
    }

    #[must_use]
    pub fn with_process_data(mut self, process_data: Map) -> Self {
        self.trace.process_data = process_data;
        self
    }

    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.trace.usage = Some(usage);
        self
    }
}

/// What is kept about an execution beside its values: the wire's `execution_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_price: Option<BigDecimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_info: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_log: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_info: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasource_info: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration_index: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_index: Option<usize>,
    /// Seconds of each round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration_duration_map: Option<BTreeMap<usize, f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_duration_map: Option<BTreeMap<usize, f64>>,
    /// The loop's variables after each round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_variable_map: Option<BTreeMap<usize, Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_strategy: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_reason: Option<Cow<'static, str>>,
}

impl Metadata {
    /// Notes what models have cost.
    pub fn cost(&mut self, usage: &Usage) {
        self.total_tokens = Some(usage.total_tokens);
        self.total_price = Some(usage.total_price.clone());
        self.currency = Some(usage.currency.clone());
    }

    /// Notes the rounds around the node.
    pub(crate) fn place(&mut self, within: &Within) {
        if let Some(round) = &within.iteration {
            self.iteration_id = Some(Arc::clone(&round.node));
            self.iteration_index = Some(round.index);
        }
        if let Some(round) = &within.r#loop {
            self.loop_id = Some(Arc::clone(&round.node));
            self.loop_index = Some(round.index);
        }
    }
}
