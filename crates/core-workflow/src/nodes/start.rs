//! `start`: the values a run is given. They are checked before the run, by [`Form`]; what cannot be checked before, the
//! schemas of JSON objects, is checked here.

mod form;

use std::sync::Arc;

use serde_json::Value as Json;

pub use self::form::{Field, FieldKind, Form, InputError};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::value::Value;

#[derive(Debug)]
struct Start {
    schemas: Vec<Schema>,
}

#[derive(Debug)]
struct Schema {
    key: String,
    required: bool,
    validator: Option<jsonschema::Validator>,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let form = Form::of(spec)?;
    let mut schemas = Vec::new();
    for field in form.fields.iter().filter(|field| field.kind == FieldKind::JsonObject) {
        let validator = field.schema().map_err(|e| format!("json_schema of `{}`: {e}", field.variable))?;
        schemas.push(Schema { key: field.variable.clone(), required: field.required, validator });
    }
    Ok(Body::Leaf(Arc::new(Start { schemas })))
}

impl Schema {
    fn check(&self, value: Option<&Value>) -> Result<(), String> {
        let key = &self.key;
        let value = match value {
            None | Some(Value::None) if self.required => return Err(format!("{key} is required in input form")),
            None | Some(Value::None) => return Ok(()),
            Some(Value::Object(_)) => value.map(Value::to_json).unwrap_or(Json::Null),
            Some(_) => return Err(format!("JSON object for '{key}' must be an object")),
        };
        match self.validator.as_ref().map(|validator| validator.validate(&value)) {
            Some(Err(error)) => Err(format!("JSON object for '{key}' does not match schema: {error}")),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl Node for Start {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut inputs = visit.run.inputs.clone();
        for schema in &self.schemas {
            if let Err(message) = schema.check(inputs.get(&schema.key)) {
                return Step::Done(Err(NodeError::generic(message).with_inputs(inputs)));
            }
        }
        for (name, value) in &visit.run.system {
            inputs.insert(format!("sys.{name}"), value.clone());
        }
        Step::ok(Outcome { outputs: inputs.clone(), inputs, ..Outcome::default() })
    }
}
