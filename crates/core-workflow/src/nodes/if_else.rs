//! `if-else`: the first case that holds chooses the handle.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::conditions::{Condition, Logic, Verdict, judge};
use super::fields;
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    cases: Option<Vec<Case>>,
    /// Old files have one case, without a name.
    #[serde(default, deserialize_with = "fields::null_as_default")]
    conditions: Vec<Condition>,
    #[serde(default)]
    logical_operator: Logic,
}

#[derive(Debug, Deserialize)]
struct Case {
    #[serde(default)]
    case_id: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    logical_operator: Logic,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct IfElse {
    cases: Vec<(Arc<str>, Logic, Vec<Condition>)>,
}

/// The handle when no case holds.
const ELSE: &str = "false";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let cases = match fields.cases {
        Some(cases) if !cases.is_empty() => cases
            .into_iter()
            .map(|case| {
                let id = case.case_id.or(case.id).ok_or("a case has no case_id")?;
                Ok((id.into(), case.logical_operator, case.conditions))
            })
            .collect::<Result<_, String>>()?,
        _ => vec![("true".into(), fields.logical_operator, fields.conditions)],
    };
    Ok(Body::Leaf(Arc::new(IfElse { cases })))
}

fn process_data(groups: &[serde_json::Value]) -> Map {
    Map::from_iter([("condition_results".to_owned(), Value::plain(json!(groups)))])
}

fn inputs(verdict: &Verdict) -> Map {
    Map::from_iter([("conditions".to_owned(), Value::plain(json!(verdict.compared)))])
}

impl Node for IfElse {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut groups = Vec::new();
        let mut last = Map::new();
        for (id, logic, conditions) in &self.cases {
            let verdict = match judge(*logic, conditions, &visit.variables) {
                Ok(verdict) => verdict,
                Err(error) => {
                    let error = NodeError::new(error.kind, error.message)
                        .with_inputs(last)
                        .with_process_data(process_data(&groups));
                    return Step::Done(Err(error));
                }
            };
            groups.push(json!({
                "group": {"case_id": id, "logical_operator": logic, "conditions": conditions},
                "results": verdict.results,
                "final_result": verdict.holds,
            }));
            last = inputs(&verdict);
            if verdict.holds {
                return chosen(id, true, last, &groups);
            }
        }
        chosen(&ELSE.into(), false, last, &groups)
    }
}

fn chosen(handle: &Arc<str>, holds: bool, inputs: Map, groups: &[serde_json::Value]) -> Step {
    let selected = if holds { Value::String(Arc::clone(handle)) } else { Value::from(ELSE) };
    let outputs =
        Map::from_iter([("result".to_owned(), Value::Boolean(holds)), ("selected_case_id".to_owned(), selected)]);
    let handle = Some(Arc::clone(handle));
    Step::ok(Outcome { inputs, process_data: process_data(groups), outputs, handle, ..Outcome::default() })
}
