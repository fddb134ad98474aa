//! Events of a run as clients get them: one JSON object each, in the shapes of the contract.

mod waiting;

use bytes::Bytes;
use core_workflow::event::{Chunk, Execution, NodeEnd, RoundsEnd, RoundsStart, RunEnd, RunStatus};
use core_workflow::value::{Map, Value, map_to_json};
use core_workflow::{Event, NodeType};
use serde_json::{Map as JsonMap, Value as Json, json};

pub(super) use self::waiting::{reasons, waiting};
use super::prepare::Turn;
use super::request::Person;
use super::truncation::truncate;
use crate::event::Envelope;

/// Why a run begins to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Initial,
    /// It has waited.
    Resumption,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Resumption => "resumption",
        }
    }
}

/// Makes frames of one run.
pub(super) struct Frames {
    envelope: Envelope,
    workflow_id: String,
    run_id: String,
    person: Json,
    created_at: i64,
}

impl Frames {
    pub(super) fn new(turn: &Turn) -> Self {
        let id = turn.caller.id();
        let person = match &turn.person {
            Person::EndUser(session) => json!({"id": id, "user": session}),
            Person::Account { name, email } => json!({"id": id, "name": name, "email": email}),
        };
        Self {
            envelope: turn.envelope.clone(),
            workflow_id: turn.version.id.to_string(),
            run_id: turn.run_id.to_string(),
            person,
            created_at: turn.envelope.created_at,
        }
    }

    fn frame(&self, event: &str, fields: JsonMap<String, Json>) -> Bytes {
        let mut frame = JsonMap::new();
        frame.insert("event".to_owned(), json!(event));
        if self.envelope.mode.is_chat_family() {
            frame.insert("conversation_id".to_owned(), json!(self.envelope.conversation));
            frame.insert("message_id".to_owned(), json!(self.envelope.message));
            frame.insert("created_at".to_owned(), json!(self.envelope.created_at));
        }
        frame.insert("task_id".to_owned(), json!(self.envelope.task));
        frame.extend(fields);
        Bytes::from(Json::Object(frame).to_string())
    }

    /// An event of the workflow family: its fields are in `data`.
    fn data(&self, event: &str, data: Json) -> Bytes {
        let fields = [("workflow_run_id".to_owned(), json!(self.run_id)), ("data".to_owned(), data)];
        self.frame(event, fields.into_iter().collect())
    }

    pub(super) fn started(&self, inputs: &Map, reason: Reason) -> Bytes {
        self.data(
            "workflow_started",
            json!({
                "id": self.run_id,
                "workflow_id": self.workflow_id,
                "inputs": map_to_json(inputs),
                "created_at": self.created_at,
                "reason": reason.as_str(),
            }),
        )
    }

    /// The frame of an event; `None` for those that clients are not told of.
    pub(super) fn of(&self, event: &Event) -> Option<Bytes> {
        match event {
            Event::NodeStarted(execution) => shown(execution).then(|| self.node_started(execution)),
            Event::Chunk(chunk) => Some(self.chunk(chunk)),
            Event::NodeRetry { end, retry } => Some(self.node_ended("node_retry", end, "retry", Some(*retry))),
            Event::NodeSucceeded(end) => self.finished(end, "succeeded"),
            Event::NodeFailed(end) => self.finished(end, "failed"),
            Event::NodeException(end) => self.finished(end, "exception"),
            Event::RoundsStarted(start) => Some(self.rounds_started(start)),
            Event::RoundNext { execution, index } => Some(self.round_next(execution, *index)),
            Event::RoundsSucceeded(end) => Some(self.rounds_ended(end, "succeeded")),
            Event::RoundsFailed(end) => Some(self.rounds_ended(end, "failed")),
            Event::AgentLog { node, execution, entry } => {
                let mut data = entry.clone();
                if let Some(object) = data.as_object_mut() {
                    object.insert("node_execution_id".to_owned(), json!(execution));
                    object.insert("node_id".to_owned(), json!(node));
                }
                Some(self.data("agent_log", data))
            }
            Event::Reasoning { node, text, is_final, .. } => {
                let data = json!({"reasoning": text, "node_id": node, "is_final": is_final});
                let fields = [("data".to_owned(), data)];
                Some(self.frame("reasoning_chunk", fields.into_iter().collect()))
            }
            Event::RunStarted { .. } | Event::RetrieverResources { .. } | Event::RunPaused(_) | Event::RunEnded(_) => {
                None
            }
        }
    }

    /// A piece of the answer.
    fn chunk(&self, chunk: &Chunk) -> Bytes {
        let text = chunk.text.replace('\0', "");
        let selector = json!(chunk.selector);
        let fields: JsonMap<String, Json> = if self.envelope.mode.is_chat_family() {
            [
                ("id".to_owned(), json!(self.envelope.message)),
                ("answer".to_owned(), json!(text)),
                ("from_variable_selector".to_owned(), selector),
            ]
            .into_iter()
            .collect()
        } else {
            let data = json!({"text": text, "from_variable_selector": selector});
            return self.data("text_chunk", data);
        };
        self.frame("message", fields)
    }

    fn node_started(&self, execution: &Execution) -> Bytes {
        let mut data = node(execution);
        data.extend([
            ("predecessor_node_id".to_owned(), Json::Null),
            ("inputs".to_owned(), Json::Null),
            ("created_at".to_owned(), json!(execution.started_at.timestamp())),
            ("extras".to_owned(), json!({})),
        ]);
        if self.envelope.is_full() {
            data.insert("inputs_truncated".to_owned(), json!(false));
            data.insert("agent_strategy".to_owned(), Json::Null);
        }
        self.data("node_started", Json::Object(data))
    }

    fn finished(&self, end: &NodeEnd, status: &str) -> Option<Bytes> {
        shown(&end.execution).then(|| self.node_ended("node_finished", end, status, None))
    }

    fn node_ended(&self, event: &str, end: &NodeEnd, status: &str, retry: Option<u32>) -> Bytes {
        let mut data = node(&end.execution);
        data.insert("predecessor_node_id".to_owned(), Json::Null);
        // Retries are told in full to everybody.
        let full = self.envelope.is_full() || retry.is_some();
        let mut put = |name: &str, map: &Map| {
            let (value, cut) = if full { self.within_limits(map) } else { (Json::Null, false) };
            data.insert(name.to_owned(), value);
            if full {
                data.insert(format!("{name}_truncated"), json!(cut));
            }
        };
        put("inputs", &end.inputs);
        put("process_data", &end.process_data);
        put("outputs", &end.outputs);
        let when_full = |value: Json| if full { value } else { Json::Null };
        let error = end.failure.as_ref().map(|failure| failure.message.as_str());
        let metadata = serde_json::to_value(&end.metadata).unwrap_or_default();
        data.extend([
            ("status".to_owned(), json!(status)),
            ("error".to_owned(), when_full(json!(error))),
            ("elapsed_time".to_owned(), json!(end.elapsed.as_secs_f64())),
            ("execution_metadata".to_owned(), when_full(metadata)),
            ("created_at".to_owned(), json!(end.execution.started_at.timestamp())),
            ("finished_at".to_owned(), json!(end.finished_at.timestamp())),
            ("files".to_owned(), if full { files(&end.outputs) } else { json!([]) }),
        ]);
        if let Some(retry) = retry {
            data.insert("retry_index".to_owned(), json!(retry));
        }
        self.data(event, Json::Object(data))
    }

    /// The Service API gets everything whole.
    fn within_limits(&self, map: &Map) -> (Json, bool) {
        match map_to_json(map) {
            Json::Object(object) if self.envelope.invoke_from != models::InvokeFrom::ServiceApi => {
                let (object, cut) = truncate(object);
                (Json::Object(object), cut)
            }
            whole @ Json::Null
            | whole @ Json::Bool(_)
            | whole @ Json::Number(_)
            | whole @ Json::String(_)
            | whole @ Json::Array(_)
            | whole @ Json::Object(_) => (whole, false),
        }
    }

    fn rounds_started(&self, start: &RoundsStart) -> Bytes {
        let (inputs, cut) = self.within_limits(&start.inputs);
        let mut data = container(&start.execution);
        data.extend([
            ("created_at".to_owned(), json!(start.execution.started_at.timestamp())),
            ("extras".to_owned(), json!({})),
            ("metadata".to_owned(), json!({format!("{}_length", family(&start.execution)): start.length})),
            ("inputs".to_owned(), inputs),
            ("inputs_truncated".to_owned(), json!(cut)),
        ]);
        self.data(&format!("{}_started", family(&start.execution)), Json::Object(data))
    }

    fn round_next(&self, execution: &Execution, index: usize) -> Bytes {
        let mut data = container(execution);
        data.extend([
            ("index".to_owned(), json!(index)),
            ("created_at".to_owned(), json!(chrono::Utc::now().timestamp())),
            ("extras".to_owned(), json!({})),
        ]);
        if execution.node.kind == NodeType::Loop {
            data.insert("pre_loop_output".to_owned(), json!({}));
        }
        self.data(&format!("{}_next", family(execution)), Json::Object(data))
    }

    fn rounds_ended(&self, end: &RoundsEnd, status: &str) -> Bytes {
        let (inputs, inputs_cut) = self.within_limits(&end.inputs);
        let (outputs, outputs_cut) = self.within_limits(&end.outputs);
        let mut data = container(&end.execution);
        data.extend([
            ("outputs".to_owned(), outputs),
            ("outputs_truncated".to_owned(), json!(outputs_cut)),
            ("created_at".to_owned(), json!(end.execution.started_at.timestamp())),
            ("extras".to_owned(), json!({})),
            ("inputs".to_owned(), inputs),
            ("inputs_truncated".to_owned(), json!(inputs_cut)),
            ("status".to_owned(), json!(status)),
            ("error".to_owned(), Json::Null),
            ("elapsed_time".to_owned(), json!(end.elapsed.as_secs_f64())),
            ("total_tokens".to_owned(), json!(end.usage.total_tokens)),
            ("execution_metadata".to_owned(), serde_json::to_value(&end.metadata).unwrap_or_default()),
            ("finished_at".to_owned(), json!(end.finished_at.timestamp())),
            ("steps".to_owned(), json!(end.steps)),
        ]);
        self.data(&format!("{}_completed", family(&end.execution)), Json::Object(data))
    }

    /// What both the last event and a blocking answer tell of the end.
    pub(super) fn outcome(&self, end: &RunEnd, error: Option<&str>, finished_at: i64) -> JsonMap<String, Json> {
        [
            ("id".to_owned(), json!(self.run_id)),
            ("workflow_id".to_owned(), json!(self.workflow_id)),
            ("status".to_owned(), json!(end.status.as_str())),
            ("outputs".to_owned(), outputs(end)),
            ("error".to_owned(), json!(error)),
            ("elapsed_time".to_owned(), json!(end.elapsed.as_secs_f64())),
            ("total_tokens".to_owned(), json!(end.totals.usage.total_tokens)),
            ("total_steps".to_owned(), json!(end.totals.steps)),
            ("created_at".to_owned(), json!(self.created_at)),
            ("finished_at".to_owned(), json!(finished_at)),
        ]
        .into_iter()
        .collect()
    }

    pub(super) fn finished_run(&self, end: &RunEnd, error: Option<&str>, finished_at: i64) -> Bytes {
        let mut data = self.outcome(end, error, finished_at);
        data.extend([
            ("created_by".to_owned(), self.person.clone()),
            ("exceptions_count".to_owned(), json!(end.totals.exceptions)),
            ("files".to_owned(), files(&end.outputs)),
        ]);
        self.data("workflow_finished", Json::Object(data))
    }

    pub(super) fn run_id(&self) -> &str {
        &self.run_id
    }
}

/// A failed run has no outputs to show.
fn outputs(end: &RunEnd) -> Json {
    if end.status == RunStatus::Failed && end.outputs.is_empty() { json!({}) } else { map_to_json(&end.outputs) }
}

/// Containers tell of themselves with events of their own.
fn shown(execution: &Execution) -> bool {
    !execution.node.kind.is_container()
}

fn family(execution: &Execution) -> &'static str {
    if execution.node.kind == NodeType::Loop { "loop" } else { "iteration" }
}

fn node(execution: &Execution) -> JsonMap<String, Json> {
    let round = |round: &Option<core_workflow::event::Round>| json!(round.as_ref().map(|round| &round.node));
    [
        ("id".to_owned(), json!(execution.id)),
        ("node_id".to_owned(), json!(execution.node.id)),
        ("node_type".to_owned(), json!(execution.node.kind)),
        ("title".to_owned(), json!(execution.node.title)),
        ("index".to_owned(), json!(execution.index)),
        ("iteration_id".to_owned(), round(&execution.within.iteration)),
        ("loop_id".to_owned(), round(&execution.within.r#loop)),
    ]
    .into_iter()
    .collect()
}

fn container(execution: &Execution) -> JsonMap<String, Json> {
    [
        ("id".to_owned(), json!(execution.node.id)),
        ("node_id".to_owned(), json!(execution.node.id)),
        ("node_type".to_owned(), json!(execution.node.kind)),
        ("title".to_owned(), json!(execution.node.title)),
    ]
    .into_iter()
    .collect()
}

/// All files among values.
pub(super) fn files(map: &Map) -> Json {
    Json::Array(map.values().flat_map(Value::files).map(|file| file.to_json()).collect())
}
