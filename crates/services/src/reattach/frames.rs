//! Events of a run's past, made from its rows.

use bytes::Bytes;
use chrono::NaiveDateTime;
use models::end_user::EndUser;
use models::workflow_node_execution::{NodeExecution, NodeStatus};
use models::workflow_pause::{PauseReason, PauseReasonType};
use models::workflow_run::WorkflowRun;
use models::{ConversationId, MessageId};
use runs::RunId;
use serde_json::{Map, Value, json};

/// Marks a file among values.
const FILE: (&str, &str) = ("dify_model_identity", "__dify__file__");

/// What all frames of a run repeat.
pub(super) struct Names {
    task: String,
    run: String,
    message: Option<(MessageId, ConversationId)>,
    created_at: i64,
}

impl Names {
    pub(super) fn new(row: &WorkflowRun, task: Option<RunId>, message: Option<(MessageId, ConversationId)>) -> Self {
        Self {
            // A run that is long over is known by its own id only.
            task: task.map_or_else(|| row.id.to_string(), |task| task.to_string()),
            run: row.id.to_string(),
            message,
            created_at: unix(row.created_at),
        }
    }

    pub(super) fn frame(&self, event: &str, data: &Value) -> Bytes {
        let mut frame = Map::new();
        frame.insert("event".to_owned(), json!(event));
        if let Some((message, conversation)) = &self.message {
            frame.insert("conversation_id".to_owned(), json!(conversation));
            frame.insert("message_id".to_owned(), json!(message));
            frame.insert("created_at".to_owned(), json!(self.created_at));
        }
        frame.insert("task_id".to_owned(), json!(self.task));
        frame.insert("workflow_run_id".to_owned(), json!(self.run));
        frame.insert("data".to_owned(), data.clone());
        Bytes::from(Value::Object(frame).to_string())
    }
}

pub(super) fn unix(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}

/// JSON text of an object; what is missing or cannot be read is none.
fn object(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}))
}

/// Whether after this event nothing is to be said of a workflow's run, at least for a while.
pub(super) fn is_end_or_pause(frame: &[u8]) -> bool {
    [&br#"{"event":"workflow_finished""#[..], br#"{"event":"error""#, br#"{"event":"workflow_paused""#]
        .iter()
        .any(|beginning| frame.starts_with(beginning))
}

/// The same for messages: chatflows have something to say after their run.
pub(super) fn is_last_or_pause(frame: &[u8]) -> bool {
    is_end_or_pause(frame) || frame.starts_with(br#"{"event":"message_end""#)
}

/// That a process died, in place of what it would have said.
pub(super) fn died(subject: &Value) -> Bytes {
    let mut frame = Map::new();
    frame.insert("event".to_owned(), json!("error"));
    for name in ["conversation_id", "message_id", "workflow_run_id"] {
        if let Some(id) = subject.get(name) {
            frame.insert(name.to_owned(), id.clone());
        }
    }
    frame.insert("code".to_owned(), json!("internal_server_error"));
    frame.insert("message".to_owned(), json!("The process that was answering died."));
    frame.insert("status".to_owned(), json!(500));
    Bytes::from(Value::Object(frame).to_string())
}

pub(super) fn started(names: &Names, row: &WorkflowRun) -> Bytes {
    let data = json!({
        "id": row.id,
        "workflow_id": row.workflow_id,
        "inputs": object(row.inputs.as_deref()),
        "created_at": unix(row.created_at),
        "reason": "initial",
    });
    names.frame("workflow_started", &data)
}

pub(super) fn finished(names: &Names, row: &WorkflowRun, person: &EndUser) -> Bytes {
    let outputs = object(row.outputs.as_deref());
    let files = files(&outputs);
    let data = json!({
        "id": row.id,
        "workflow_id": row.workflow_id,
        "status": row.status.to_string(),
        "outputs": outputs,
        "error": row.error,
        "elapsed_time": row.elapsed_time,
        "total_tokens": row.total_tokens,
        "total_steps": row.total_steps.unwrap_or_default(),
        "created_at": unix(row.created_at),
        "finished_at": row.finished_at.map(unix),
        "created_by": {"id": person.id, "user": person.session_id},
        "exceptions_count": row.exceptions_count.unwrap_or_default(),
        "files": files,
    });
    names.frame("workflow_finished", &data)
}

fn files(outputs: &Value) -> Vec<&Value> {
    let values = outputs.as_object().into_iter().flat_map(|values| values.values());
    values
        .flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice))
        .filter(|value| is_file(value))
        .collect()
}

fn is_file(value: &Value) -> bool {
    value.get(FILE.0).and_then(Value::as_str) == Some(FILE.1)
}

/// What a node's two events tell, in the simple form; without the second as long as it works.
pub(super) fn node(row: &NodeExecution) -> (Value, Option<Value>) {
    let metadata = object(row.execution_metadata.as_deref());
    let of_round = |name: &str| metadata.get(name).cloned().unwrap_or(Value::Null);
    let started = json!({
        "id": row.node_execution_id.as_ref().map_or_else(|| row.id.to_string(), Clone::clone),
        "node_id": row.node_id,
        "node_type": row.node_type,
        "title": row.title,
        "index": row.index,
        "iteration_id": of_round("iteration_id"),
        "loop_id": of_round("loop_id"),
        "predecessor_node_id": row.predecessor_node_id,
        "inputs": null,
        "created_at": unix(row.created_at),
        "extras": {},
    });
    let works =
        matches!(row.status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Paused | NodeStatus::Retry);
    let finished = (!works).then(|| {
        let mut finished = started.clone();
        for (name, value) in [
            ("status", json!(row.status.to_string())),
            ("elapsed_time", json!(row.elapsed_time)),
            ("finished_at", json!(row.finished_at.map(unix))),
        ] {
            put(&mut finished, name, value);
        }
        simplify_end(&mut finished);
        finished
    });
    (started, finished)
}

fn put(data: &mut Value, name: &str, value: Value) {
    if let Some(data) = data.as_object_mut() {
        data.insert(name.to_owned(), value);
    }
}

/// The start of a node as pages are told it.
pub(super) fn simplify_start(data: &mut Value) {
    put(data, "inputs", Value::Null);
    put(data, "extras", json!({}));
    if let Some(data) = data.as_object_mut() {
        data.retain(|name, _| !matches!(name.as_str(), "inputs_truncated" | "agent_strategy"));
    }
}

/// The end of a node as pages are told it.
pub(super) fn simplify_end(data: &mut Value) {
    for name in ["inputs", "process_data", "outputs", "error", "execution_metadata"] {
        put(data, name, Value::Null);
    }
    put(data, "files", json!([]));
    if let Some(data) = data.as_object_mut() {
        data.retain(|name, _| !name.ends_with("_truncated") && name != "extras");
    }
}

/// Why a run waits, and what its open forms show.
pub(super) type Waits = (Vec<PauseReason>, Vec<Map<String, Value>>);

/// That the run waits, from what is written of it and of the forms that wait with it.
pub(super) fn paused(names: &Names, row: &WorkflowRun, (reasons, forms): &Waits) -> Bytes {
    let reason = |reason: &PauseReason| match reason.kind {
        PauseReasonType::ScheduledPause => json!({"TYPE": "scheduled_pause", "message": reason.message}),
        PauseReasonType::HumanInputRequired | PauseReasonType::Unknown => {
            let form = forms.iter().find(|form| form.get("form_id").is_some_and(|id| *id == *reason.form_id));
            let mut told = form.map_or_else(
                || json!({"form_id": reason.form_id, "node_id": reason.node_id}),
                |form| Value::Object(form.clone()),
            );
            put(&mut told, "TYPE", json!("human_input_required"));
            told
        }
    };
    let nodes: Vec<&str> =
        reasons.iter().map(|reason| reason.node_id.as_str()).filter(|node| !node.is_empty()).collect();
    let data = json!({
        "paused_nodes": nodes,
        "reasons": reasons.iter().map(reason).collect::<Vec<_>>(),
        "status": "paused",
        "elapsed_time": row.elapsed_time,
        "total_tokens": row.total_tokens,
        "total_steps": row.total_steps.unwrap_or_default(),
        "workflow_run_id": row.id,
        "outputs": object(row.outputs.as_deref()),
        "created_at": unix(row.created_at),
    });
    names.frame("workflow_paused", &data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simple_form_leaves_out_what_was_said() {
        let mut end = json!({"id": "x", "inputs": {"a": 1}, "inputs_truncated": false, "outputs": {}, "status": "failed",
            "error": "no", "process_data": {}, "execution_metadata": {}, "files": [1]});
        simplify_end(&mut end);
        let expected = json!({"id": "x", "inputs": null, "outputs": null, "status": "failed", "error": null,
            "process_data": null, "execution_metadata": null, "files": []});
        assert_eq!(end, expected);
    }

    #[test]
    fn files_are_found_among_outputs() {
        let file = json!({"dify_model_identity": "__dify__file__", "id": 1});
        let outputs = json!({"a": file, "b": [file, 7], "c": "text"});
        assert_eq!(files(&outputs).len(), 2);
    }
}
