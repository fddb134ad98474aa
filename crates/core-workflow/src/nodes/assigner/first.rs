//! The first version: one variable, one value.

use std::sync::Arc;

use serde::Deserialize;

use super::outcome;
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Step, Visit, Write};
use crate::nodes::fields::{self, OptionalSelector};
use crate::registry::Body;
use crate::selector::Selector;
use crate::value::{ArrayKind, Map, Value, ValueType};

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    OverWrite,
    Append,
    Clear,
}

#[derive(Debug, Deserialize)]
struct Assigner {
    assigned_variable_selector: OptionalSelector,
    write_mode: Mode,
    #[serde(default)]
    input_variable_selector: OptionalSelector,
}

const CLASS: &str = "VariableOperatorNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Assigner = fields::read(spec)?;
    if fields.assigned_variable_selector.0.is_none() {
        return Err("the node does not say which variable it writes".to_owned());
    }
    Ok(Body::Leaf(Arc::new(fields)))
}

impl Node for Assigner {
    fn start(&self, visit: &Visit<'_>) -> Step {
        self.assign(visit).into()
    }

    fn writes(&self) -> Vec<Selector> {
        self.assigned_variable_selector.0.iter().cloned().collect()
    }
}

impl Assigner {
    fn assign(&self, visit: &Visit<'_>) -> Result<crate::node::Outcome, NodeError> {
        let not_found = || NodeError::new(CLASS, "assigned variable not found");
        let target = self.assigned_variable_selector.0.as_ref().ok_or_else(not_found)?;
        let current = visit.variables.get(target).ok_or_else(not_found)?.into_owned();
        let input = || {
            let value = self.input_variable_selector.0.as_ref().and_then(|selector| visit.variables.get(selector));
            let value = value.map(std::borrow::Cow::into_owned);
            value.ok_or_else(|| NodeError::new(CLASS, "input value not found"))
        };
        let declared = current.value_type();
        let value = match self.write_mode {
            Mode::OverWrite => input()?,
            Mode::Append => append(&current, input()?)?,
            Mode::Clear => declared.zero(),
        };
        let inputs = Map::from_iter([("value".to_owned(), value.clone())]);
        let write = Write { selector: Selector::of(Arc::clone(target.node()), Arc::clone(target.name())), value };
        Ok(outcome(inputs, vec![write]))
    }
}

fn append(current: &Value, item: Value) -> Result<Value, NodeError> {
    let ValueType::Array(kind) = current.value_type() else {
        return Err(NodeError::new(CLASS, "only a list can be appended to"));
    };
    let mut items = current.as_array().map(<[Value]>::to_vec).unwrap_or_default();
    if kind != ArrayKind::Any && !items.is_empty() && !kind.accepts(&item) {
        let message = format!(
            "a value of type {} cannot be appended to {}",
            item.value_type().as_str(),
            current.value_type().as_str()
        );
        return Err(NodeError::new(CLASS, message));
    }
    items.push(item);
    Ok(Value::array(items))
}
