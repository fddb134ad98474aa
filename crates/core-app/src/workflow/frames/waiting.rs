//! Events of runs that wait for somebody, and go on.

use bytes::Bytes;
use core_workflow::event::{NodeEnd, Pause};
use core_workflow::value::{Value, map_to_json};
use core_workflow::{NodeType, PauseReason};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::Frames;
use crate::workflow::forms::{OpenForm, RunForms};

/// What a `human-input` node adds to its values.
const ACTION: &str = "__action_id";
const RENDERED: &str = "__rendered_content";

impl Frames {
    /// A form that somebody has to fill in.
    pub(in crate::workflow) fn form_required(&self, form: &OpenForm) -> Bytes {
        self.data("human_input_required", Json::Object(form.json()))
    }

    /// A form was filled in, or nobody came in time: what a node that waited for one has ended with.
    pub(in crate::workflow) fn form_answered(&self, end: &NodeEnd, forms: &RunForms) -> Option<Bytes> {
        if end.execution.node.kind != NodeType::HumanInput {
            return None;
        }
        let form = forms.of(end.execution.id)?;
        let action = end.outputs.get(ACTION)?.as_str()?;
        let node = &end.execution.node;
        if action.is_empty() {
            let data = json!({"node_id": node.id, "node_title": node.title, "expiration_time": form.expiration_time()});
            return Some(self.data("human_input_form_timeout", data));
        }
        let pressed = form.definition.user_actions.iter().find(|button| button.id == action);
        let entered = end.outputs.iter().filter(|(name, _)| !matches!(name.as_str(), ACTION | RENDERED));
        let entered: JsonMap<String, Json> = entered.map(|(name, value)| (name.clone(), value.to_json())).collect();
        let data = json!({
            "node_id": node.id,
            "node_title": node.title,
            "rendered_content": end.outputs.get(RENDERED).and_then(Value::as_str),
            "action_id": action,
            "action_text": pressed.map(|button| &button.title),
            "submitted_data": entered,
        });
        Some(self.data("human_input_form_filled", data))
    }

    /// The run waits; nothing follows until somebody goes on with it.
    pub(in crate::workflow) fn paused(&self, pause: &Pause, reasons: &[Json]) -> Bytes {
        let mut data = waiting(pause, reasons);
        data.extend([
            ("workflow_run_id".to_owned(), json!(self.run_id)),
            ("outputs".to_owned(), map_to_json(&pause.outputs)),
            ("created_at".to_owned(), json!(self.created_at)),
        ]);
        self.data("workflow_paused", Json::Object(data))
    }

    /// What a blocking answer tells of a workflow that waits.
    pub(in crate::workflow) fn paused_outcome(&self, pause: &Pause, reasons: &[Json]) -> Json {
        let mut data = waiting(pause, reasons);
        data.extend([
            ("id".to_owned(), json!(self.run_id)),
            ("workflow_id".to_owned(), json!(self.workflow_id)),
            ("outputs".to_owned(), map_to_json(&pause.outputs)),
            ("error".to_owned(), Json::Null),
            ("created_at".to_owned(), json!(self.created_at)),
            ("finished_at".to_owned(), Json::Null),
        ]);
        Json::Object(data)
    }
}

/// What every shape tells of a pause.
pub(in crate::workflow) fn waiting(pause: &Pause, reasons: &[Json]) -> JsonMap<String, Json> {
    let nodes: Vec<_> = pause.nodes.iter().map(|execution| &execution.node.id).collect();
    [
        ("paused_nodes".to_owned(), json!(nodes)),
        ("reasons".to_owned(), json!(reasons)),
        ("status".to_owned(), json!("paused")),
        ("elapsed_time".to_owned(), json!(pause.elapsed.as_secs_f64())),
        ("total_tokens".to_owned(), json!(pause.totals.usage.total_tokens)),
        ("total_steps".to_owned(), json!(pause.totals.steps)),
    ]
    .into_iter()
    .collect()
}

/// Why a run waits, with what its forms show.
pub(in crate::workflow) fn reasons(pause: &Pause, open: &[OpenForm]) -> Vec<Json> {
    let reason = |reason: &PauseReason| match reason {
        PauseReason::ScheduledPause { message } => json!({"TYPE": "scheduled_pause", "message": message}),
        PauseReason::HumanInputRequired { form_id, node_id } => {
            let form = open.iter().find(|form| form.row.id.to_string() == *form_id);
            let mut told = form.map(OpenForm::json).unwrap_or_else(|| {
                let node = pause.nodes.iter().map(|execution| &execution.node).find(|node| *node.id == **node_id);
                [
                    ("form_id".to_owned(), json!(form_id)),
                    ("node_id".to_owned(), json!(node_id)),
                    ("node_title".to_owned(), json!(node.map(|node| &node.title))),
                ]
                .into_iter()
                .collect()
            });
            told.insert("TYPE".to_owned(), json!("human_input_required"));
            Json::Object(told)
        }
    };
    pause.reasons.iter().map(reason).collect()
}
