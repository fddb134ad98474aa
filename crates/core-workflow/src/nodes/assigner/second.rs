//! The second version: a list of operations, each of which sees what the ones before it did. One that is not possible
//! fails the node, and nothing is written.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use super::operation::{Operand, Operation, apply};
use super::outcome;
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit, Write};
use crate::nodes::fields;
use crate::pool::{Pool, Variables};
use crate::registry::Body;
use crate::selector::Selector;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "fields::null_as_default")]
    items: Vec<ItemFields>,
}

#[derive(Debug, Deserialize)]
struct ItemFields {
    variable_selector: Vec<String>,
    #[serde(default)]
    input_type: Option<String>,
    operation: Operation,
    #[serde(default)]
    value: Json,
}

#[derive(Debug)]
struct Item {
    target: Selector,
    operation: Operation,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Constant(Json),
    Variable(Selector),
    Nothing,
}

#[derive(Debug)]
struct Assigner {
    items: Vec<Item>,
}

const CLASS: &str = "VariableOperatorNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let item = |item: ItemFields| {
        let target = Selector::new(item.variable_selector).ok_or("an item does not say which variable it writes")?;
        let source = if item.operation.takes_nothing() {
            Source::Nothing
        } else if item.input_type.as_deref() == Some("variable") {
            let parts: Option<Vec<String>> = serde_json::from_value(item.value).ok();
            Source::Variable(parts.and_then(Selector::new).ok_or("an item does not say which variable it reads")?)
        } else {
            Source::Constant(item.value)
        };
        Ok(Item { target, operation: item.operation, source })
    };
    let items = fields.items.into_iter().map(item).collect::<Result<_, String>>()?;
    Ok(Body::Leaf(Arc::new(Assigner { items })))
}

impl Node for Assigner {
    fn start(&self, visit: &Visit<'_>) -> Step {
        self.assign(visit).into()
    }

    fn writes(&self) -> Vec<Selector> {
        self.items.iter().map(|item| item.target.clone()).collect()
    }
}

impl Assigner {
    fn assign(&self, visit: &Visit<'_>) -> Result<Outcome, NodeError> {
        let inputs = Map::new();
        // What was written so far lies over what was there.
        let mut written = Pool::default();
        let mut writes: Vec<Write> = Vec::new();
        for item in &self.items {
            let find = |selector: &Selector| {
                let fresh = Variables::of(&written).get(selector).map(std::borrow::Cow::into_owned);
                fresh.or_else(|| visit.variables.get(selector).map(std::borrow::Cow::into_owned))
            };
            let fault = |message: String| NodeError::new(CLASS, message).with_inputs(inputs.clone());
            let missing = |selector: &Selector| fault(format!("Variable {selector} not found"));
            let current = find(&item.target).ok_or_else(|| missing(&item.target))?;
            let operand = match &item.source {
                Source::Nothing => Operand::Nothing,
                Source::Constant(value) => Operand::Constant(value.clone()),
                Source::Variable(selector) => match find(selector).ok_or_else(|| missing(selector))? {
                    Value::None => continue,
                    value @ Value::String(_)
                    | value @ Value::Integer(_)
                    | value @ Value::Float(_)
                    | value @ Value::Boolean(_)
                    | value @ Value::Object(_)
                    | value @ Value::File(_)
                    | value @ Value::Array(_)
                    | value @ Value::Secret(_) => Operand::Variable(value),
                },
            };
            let value = apply(item.operation, &current, operand).map_err(fault)?;
            let selector = Selector::of(Arc::clone(item.target.node()), Arc::clone(item.target.name()));
            written.set(Arc::clone(selector.node()), Arc::clone(selector.name()), value.clone());
            match writes.iter_mut().find(|write| write.selector == selector) {
                Some(earlier) => earlier.value = value,
                None => writes.push(Write { selector, value }),
            }
        }
        Ok(outcome(inputs, writes))
    }
}
