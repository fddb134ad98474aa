//! `end`: names of outputs, and the variables they are.

use std::sync::Arc;

use serde::Deserialize;

use super::fields::{self, NamedSelector};
use crate::graph::NodeSpec;
use crate::node::{Node, Outcome, Step, Visit};
use crate::registry::Body;
use crate::template::Segment;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct End {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    outputs: Vec<NamedSelector>,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    Ok(Body::Leaf(Arc::new(fields::read::<End>(spec)?)))
}

impl Node for End {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let value = |output: &NamedSelector| {
            let selector = output.value_selector.0.as_ref();
            let value = selector.and_then(|selector| visit.variables.get(selector));
            (output.variable.clone(), value.map_or(Value::None, std::borrow::Cow::into_owned))
        };
        let outputs: Map = self.outputs.iter().map(value).collect();
        Step::ok(Outcome { inputs: outputs.clone(), outputs, ..Outcome::default() })
    }

    /// One variable a line.
    fn template(&self) -> Option<Vec<Segment>> {
        let mut segments = Vec::new();
        for selector in self.outputs.iter().filter_map(|output| output.value_selector.0.as_ref()) {
            if !segments.is_empty() {
                segments.push(Segment::Text("\n".into()));
            }
            segments.push(Segment::Variable(selector.clone()));
        }
        Some(segments)
    }
}
