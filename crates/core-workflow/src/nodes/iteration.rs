//! `iteration`: the nodes inside run once for each item of a list. The engine drives the rounds; here is what the node's
//! fields say.

use serde::Deserialize;

use super::fields::{self, OptionalSelector};
use crate::graph::NodeSpec;
use crate::node::NodeError;
use crate::pool::Variables;
use crate::registry::Body;
use crate::selector::Selector;
use crate::value::{Map, Value};

/// What happens when a round fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum ItemErrors {
    /// The node fails.
    #[default]
    #[serde(rename = "terminated")]
    Terminate,
    /// The round's result is nothing.
    #[serde(rename = "continue-on-error")]
    Continue,
    /// The round has no result.
    #[serde(rename = "remove-abnormal-output")]
    Remove,
}

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    iterator_selector: OptionalSelector,
    #[serde(default)]
    output_selector: OptionalSelector,
    #[serde(default)]
    start_node_id: Option<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    is_parallel: bool,
    #[serde(default)]
    parallel_nums: Option<usize>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    error_handle_mode: ItemErrors,
    #[serde(default)]
    flatten_output: Option<bool>,
}

/// Fields of an iteration.
#[derive(Debug)]
pub struct IterationSpec {
    pub(crate) start_node: String,
    iterator: Option<Selector>,
    pub(crate) output: Selector,
    /// Rounds stand side by side: all are announced first, and the events of each are told together.
    pub(crate) parallel: bool,
    /// Rounds at the same time.
    pub(crate) at_once: usize,
    pub(crate) errors: ItemErrors,
    flatten: bool,
}

const DEFAULT_PARALLEL: usize = 10;
const MAX_PARALLEL: usize = 100;

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let at_once = fields.parallel_nums.unwrap_or(DEFAULT_PARALLEL).clamp(1, MAX_PARALLEL);
    Ok(Body::Iteration(IterationSpec {
        start_node: fields.start_node_id.filter(|id| !id.is_empty()).ok_or("the iteration has no start_node_id")?,
        iterator: fields.iterator_selector.0,
        // Without one, every round's result is nothing.
        output: fields.output_selector.0.unwrap_or_else(|| Selector::of("", "")),
        parallel: fields.is_parallel,
        at_once: if fields.is_parallel { at_once } else { 1 },
        errors: fields.error_handle_mode,
        flatten: fields.flatten_output.unwrap_or(true),
    }))
}

impl IterationSpec {
    /// The items, and what is shown as the node's inputs.
    pub(crate) fn begin(&self, variables: &Variables<'_>, max: usize) -> Result<(Vec<Value>, Map), NodeError> {
        let shown = self.iterator.as_ref().map(ToString::to_string).unwrap_or_else(|| "[]".to_owned());
        let value = self.iterator.as_ref().and_then(|selector| variables.get(selector)).ok_or_else(|| {
            NodeError::new("IteratorVariableNotFoundError", format!("iterator variable {shown} not found"))
        })?;
        let items = match value.as_ref() {
            Value::None => Vec::new(),
            Value::Array(array) => array.items.clone(),
            other @ Value::String(_)
            | other @ Value::Integer(_)
            | other @ Value::Float(_)
            | other @ Value::Boolean(_)
            | other @ Value::Object(_)
            | other @ Value::File(_)
            | other @ Value::Secret(_) => {
                let message =
                    format!("invalid iterator value: {}, please provide a list.", crate::value::python::repr(other));
                return Err(NodeError::new("InvalidIteratorValueError", message));
            }
        };
        let inputs = Map::from_iter([("iterator_selector".to_owned(), Value::array(items.clone()))]);
        if items.len() > max {
            let message = format!("the iteration has {} items, more than {max}", items.len());
            return Err(NodeError::generic(message).with_inputs(inputs));
        }
        Ok((items, inputs))
    }

    /// The node's output: results of the rounds, lists of lists made one list if that is wanted.
    pub(crate) fn collect(&self, results: Vec<Value>) -> Value {
        let present = || results.iter().filter(|result| !result.is_none());
        let all_lists = present().next().is_some() && present().all(|result| result.as_array().is_some());
        if self.flatten && all_lists {
            return Value::array(present().filter_map(Value::as_array).flatten().cloned().collect());
        }
        Value::array(results)
    }
}
