//! `code`: a script's `main` over named variables; its result has to be what was declared.

mod output;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

pub(crate) use self::output::Declared;
use super::fields::{self, LooseText, NamedSelector};
use super::template_transform::named_values;
use crate::capabilities::{CodeCall, CodeError, CodeLanguage};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::value::{ArrayKind, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    code_language: Option<String>,
    #[serde(default)]
    code: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    variables: Vec<NamedSelector>,
    #[serde(default)]
    outputs: Option<IndexMap<String, Declared>>,
}

#[derive(Debug)]
struct Code {
    language: CodeLanguage,
    code: String,
    variables: Vec<NamedSelector>,
    outputs: Option<IndexMap<String, Declared>>,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let language = match fields.code_language.as_deref() {
        None | Some("python3") => CodeLanguage::Python3,
        Some("javascript") => CodeLanguage::JavaScript,
        Some(other) => return Err(format!("code_language `{other}` is not supported (python3 and javascript are)")),
    };
    let outputs = fields.outputs.map(|outputs| outputs.into_iter().collect());
    let node = Code { language, code: fields.code.0, variables: fields.variables, outputs };
    Ok(Body::Leaf(Arc::new(node)))
}

/// A value as code gets it: an empty list of files is nothing.
fn argument(value: &Value) -> Json {
    match value {
        Value::Array(array) if array.kind == ArrayKind::File && array.items.is_empty() => Json::Null,
        other @ Value::None
        | other @ Value::String(_)
        | other @ Value::Integer(_)
        | other @ Value::Float(_)
        | other @ Value::Boolean(_)
        | other @ Value::Object(_)
        | other @ Value::File(_)
        | other @ Value::Array(_)
        | other @ Value::Secret(_) => other.to_json(),
    }
}

impl Node for Code {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let inputs = named_values(&self.variables, visit);
        let Some(runner) = visit.run.capabilities.code.clone() else {
            let error = NodeError::new("CodeExecutionError", "code cannot be run here: there is no sandbox");
            return Step::Done(Err(error.with_inputs(inputs)));
        };
        let arguments: JsonMap<String, Json> =
            inputs.iter().map(|(name, value)| (name.clone(), argument(value))).collect();
        let call = CodeCall { language: self.language, code: self.code.clone(), arguments };
        let declared = self.outputs.clone();
        let limits = visit.run.limits.code.clone();
        Step::pending(async move {
            let result = runner.call_main(call).await;
            let outputs = match result {
                Ok(Json::Object(result)) => output::check(result, declared.as_ref(), &limits),
                Ok(other) => {
                    let message = format!("Result must be a dict, got {}", output::type_name(&other));
                    Err(NodeError::new("CodeExecutionError", message))
                }
                Err(CodeError::Failed(message)) => Err(NodeError::new("CodeExecutionError", message)),
                Err(error @ CodeError::Unavailable(_)) => Err(NodeError::new("CodeExecutionError", error.to_string())),
            };
            match outputs {
                Ok(outputs) => Ok(Outcome { inputs, outputs, ..Outcome::default() }),
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }
}
