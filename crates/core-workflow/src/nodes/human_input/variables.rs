//! The older form: the node waits until some variables are there. Whoever resumes the run writes them.

use std::sync::Arc;

use serde::Deserialize;

use crate::graph::{NodeSpec, SOURCE_HANDLE};
use crate::node::{Node, Outcome, PauseReason, Step, Visit};
use crate::nodes::fields;
use crate::registry::Body;
use crate::selector::Selector;
use crate::value::Value;

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    required_variables: Vec<String>,
    #[serde(default)]
    pause_reason: Option<String>,
}

#[derive(Debug)]
struct WaitForVariables {
    required: Vec<Selector>,
    reason: Option<String>,
}

/// Variables of the node itself that may name the handle.
const HANDLES: [&str; 7] = [
    "edge_source_handle",
    "edgeSourceHandle",
    "source_handle",
    "selected_branch",
    "selectedBranch",
    "branch",
    "branch_id",
];

pub(super) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let selector = |text: &String| {
        Selector::new(text.trim().split('.')).ok_or_else(|| format!("required_variables: `{text}` is no variable"))
    };
    let required = fields.required_variables.iter().map(selector).collect::<Result<_, _>>()?;
    let reason = fields.pause_reason.filter(|reason| !reason.trim().is_empty());
    Ok(Body::Leaf(Arc::new(WaitForVariables { required, reason })))
}

impl Node for WaitForVariables {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let chosen = HANDLES.iter().find_map(|name| {
            let value = visit.variables.variable(&visit.spec.id, name)?;
            value.as_str().map(str::trim).filter(|handle| !handle.is_empty()).map(Arc::<str>::from)
        });
        let is_there = |selector| visit.variables.get(selector).is_some();
        let ready = if self.required.is_empty() { chosen.is_some() } else { self.required.iter().all(is_there) };
        if ready {
            let handle = Some(chosen.unwrap_or_else(|| SOURCE_HANDLE.into()));
            return Step::ok(Outcome { handle, ..Outcome::default() });
        }
        let reason = match &self.reason {
            Some(message) => PauseReason::ScheduledPause { message: message.clone() },
            None => PauseReason::HumanInputRequired {
                form_id: visit.execution.to_string(),
                node_id: visit.spec.id.to_string(),
            },
        };
        let required = self.required.iter().map(|selector| Value::from(selector.dotted())).collect();
        let inputs = [("required_variables".to_owned(), Value::array(required))].into_iter().collect();
        Step::ok(Outcome { inputs, pause: Some(reason), ..Outcome::default() })
    }
}
