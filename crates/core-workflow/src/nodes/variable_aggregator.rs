//! `variable-aggregator`: of several variables the first that is there, after branches of which one was taken.

use std::sync::Arc;

use serde::Deserialize;

use super::fields::{self, OptionalSelector};
use crate::graph::NodeSpec;
use crate::node::{Node, Outcome, Step, Visit};
use crate::registry::Body;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Aggregator {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    variables: Vec<OptionalSelector>,
    #[serde(default)]
    advanced_settings: Option<Groups>,
}

#[derive(Debug, Deserialize)]
struct Groups {
    #[serde(default)]
    group_enabled: bool,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    group_name: String,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    variables: Vec<OptionalSelector>,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    Ok(Body::Leaf(Arc::new(fields::read::<Aggregator>(spec)?)))
}

/// The first variable that exists, under the name that inputs show.
fn first(variables: &[OptionalSelector], visit: &Visit<'_>) -> Option<(String, Value)> {
    variables.iter().filter_map(|selector| selector.0.as_ref()).find_map(|selector| {
        let value = visit.variables.get(selector)?.into_owned();
        let name = selector.parts().skip(1).collect::<Vec<_>>().join(".");
        Some((name, value))
    })
}

impl Node for Aggregator {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let (mut inputs, mut outputs) = (Map::new(), Map::new());
        match self.advanced_settings.as_ref().filter(|groups| groups.group_enabled) {
            None => {
                if let Some((name, value)) = first(&self.variables, visit) {
                    inputs.insert(name, value.clone());
                    outputs.insert("output".to_owned(), value);
                }
            }
            Some(groups) => {
                for group in &groups.groups {
                    let Some((name, value)) = first(&group.variables, visit) else { continue };
                    inputs.insert(name, value.clone());
                    let output = Map::from_iter([("output".to_owned(), value)]);
                    outputs.insert(group.group_name.clone(), Value::object(output));
                }
            }
        }
        Step::ok(Outcome { inputs, outputs, ..Outcome::default() })
    }
}
