//! What a run did, in the words of `cases.json`.

use core_workflow::Event;
use core_workflow::NodeType;
use core_workflow::event::{Execution, NodeRef, RunStatus};
use core_workflow::value::map_to_json;
use serde_json::{Value, json};

/// A run, written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    /// `succeeded`, ... or `invalid` when the graph could not be run at all.
    pub status: String,
    pub outputs: Value,
    pub error: Option<String>,
    pub streamed: String,
    pub total_tokens: u64,
    pub steps: u32,
    pub exceptions: u32,
    /// Rows as in `expect.events.list`.
    pub events: Vec<Value>,
    /// Executions that were started and have ended; a cut run must not repeat one.
    pub finished: Vec<String>,
}

impl Transcript {
    /// A graph that could not be run.
    pub fn invalid(error: impl ToString) -> Self {
        Self { status: "invalid".to_owned(), error: Some(error.to_string()), ..Self::default() }
    }

    /// Adds an event.
    pub fn note(&mut self, event: &Event) {
        let row = match event {
            Event::RunStarted { resumed: true }
            | Event::Reasoning { .. }
            | Event::AgentLog { .. }
            | Event::RetrieverResources { .. } => None,
            Event::RunStarted { resumed: false } => Some(json!(["run_started"])),
            Event::NodeStarted(execution) => Some(json!(["node_started", id(execution)])),
            Event::Chunk(chunk) => {
                self.streamed.push_str(&chunk.text);
                Some(json!(["chunk", chunk.selector.dotted(), chunk.text]))
            }
            Event::NodeRetry { end, .. } => Some(json!(["node_retry", id(&end.execution)])),
            Event::NodeSucceeded(end) => Some(self.ended("node_succeeded", &end.execution)),
            Event::NodeFailed(end) => Some(self.ended("node_failed", &end.execution)),
            Event::NodeException(end) => Some(self.ended("node_exception", &end.execution)),
            Event::RoundsStarted(start) => Some(rounds(&start.execution.node, "started")),
            Event::RoundNext { execution, index } => {
                let name = format!("{}_next", container(&execution.node));
                Some(json!([name, id(execution), index]))
            }
            Event::RoundsSucceeded(end) => Some(rounds(&end.execution.node, "succeeded")),
            Event::RoundsFailed(end) => Some(rounds(&end.execution.node, "failed")),
            Event::RunPaused(_) => Some(json!(["run_paused"])),
            Event::RunEnded(end) => {
                self.status = end.status.as_str().to_owned();
                self.outputs = map_to_json(&end.outputs);
                self.error = end.error.clone();
                self.total_tokens = end.totals.usage.total_tokens;
                self.steps = end.totals.steps;
                self.exceptions = end.totals.exceptions;
                Some(json!([match end.status {
                    RunStatus::Succeeded => "run_succeeded",
                    RunStatus::PartialSucceeded => "run_partial_succeeded",
                    RunStatus::Failed => "run_failed",
                    RunStatus::Stopped => "run_aborted",
                }]))
            }
        };
        self.events.extend(row);
    }

    fn ended(&mut self, name: &str, execution: &Execution) -> Value {
        self.finished.push(execution.id.to_string());
        json!([name, id(execution)])
    }
}

fn id(execution: &Execution) -> &str {
    &execution.node.id
}

fn container(node: &NodeRef) -> &'static str {
    if node.kind == NodeType::Loop { "loop" } else { "iteration" }
}

fn rounds(node: &NodeRef, what: &str) -> Value {
    json!([format!("{}_{what}", container(node)), node.id])
}
