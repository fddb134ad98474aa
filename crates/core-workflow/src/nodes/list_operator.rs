//! `list-operator`: filters a list, takes one of its items out, orders and cuts it.

mod filter;

use std::cmp::Ordering;
use std::sync::Arc;

use serde::Deserialize;

use self::filter::FilterCondition;
use super::fields::{self, LooseText, OptionalSelector};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::template::Template;
use crate::value::{ArrayKind, Map, Value};

#[derive(Debug, Deserialize)]
struct ListOperator {
    variable: OptionalSelector,
    #[serde(default)]
    filter_by: Filter,
    #[serde(default)]
    extract_by: Extract,
    #[serde(default)]
    order_by: Order,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Default, Deserialize)]
struct Filter {
    #[serde(default)]
    enabled: bool,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    conditions: Vec<FilterCondition>,
}

#[derive(Debug, Default, Deserialize)]
struct Extract {
    #[serde(default)]
    enabled: bool,
    /// From 1; a template.
    #[serde(default)]
    serial: LooseText,
}

#[derive(Debug, Default, Deserialize)]
struct Order {
    #[serde(default)]
    enabled: bool,
    /// An attribute of files.
    #[serde(default)]
    key: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    value: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Asc,
    Desc,
}

#[derive(Debug, Deserialize)]
struct Limit {
    #[serde(default)]
    enabled: bool,
    #[serde(default = "no_limit")]
    size: i64,
}

const fn no_limit() -> i64 {
    -1
}

impl Default for Limit {
    fn default() -> Self {
        Self { enabled: false, size: no_limit() }
    }
}

const CLASS: &str = "ListOperatorError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    Ok(Body::Leaf(Arc::new(fields::read::<ListOperator>(spec)?)))
}

impl Node for ListOperator {
    fn start(&self, visit: &Visit<'_>) -> Step {
        self.operate(visit).into()
    }
}

impl ListOperator {
    fn operate(&self, visit: &Visit<'_>) -> Result<Outcome, NodeError> {
        let shown = self.variable.0.as_ref().map_or_else(|| "[]".to_owned(), ToString::to_string);
        let value = self.variable.0.as_ref().and_then(|selector| visit.variables.get(selector));
        let value = value.ok_or_else(|| NodeError::generic(format!("Variable not found for selector: {shown}")))?;
        let Value::Array(array) = value.as_ref() else {
            let message =
                format!("Variable {shown} is not an array type, actual type: {}", value.value_type().as_str());
            return Err(NodeError::generic(message));
        };
        let kind = array.kind;
        if kind == ArrayKind::Object || (kind == ArrayKind::Any && !array.items.is_empty()) {
            let message =
                format!("Variable {shown} is not an array type, actual type: {}", value.value_type().as_str());
            return Err(NodeError::generic(message));
        }
        let inputs = Map::from_iter([("variable".to_owned(), value.as_ref().clone())]);
        let items = self
            .steps(kind, array.items.clone(), visit)
            .map_err(|message| NodeError::new(CLASS, message).with_inputs(inputs.clone()))?;
        let first = items.first().cloned().unwrap_or_default();
        let last = items.last().cloned().unwrap_or_default();
        let result = Value::array_of(kind, items);
        let outputs = Map::from_iter([
            ("result".to_owned(), result.clone()),
            ("first_record".to_owned(), first),
            ("last_record".to_owned(), last),
        ]);
        let process_data = inputs.clone();
        Ok(Outcome { inputs, process_data, outputs, ..Outcome::default() })
    }

    fn steps(&self, kind: ArrayKind, mut items: Vec<Value>, visit: &Visit<'_>) -> Result<Vec<Value>, String> {
        if self.filter_by.enabled {
            for condition in &self.filter_by.conditions {
                items = condition.keep(kind, items, &visit.variables)?;
            }
        }
        if self.extract_by.enabled {
            items = vec![self.extracted(&items, visit)?];
        }
        if self.order_by.enabled {
            self.order(kind, &mut items)?;
        }
        if self.limit.enabled {
            cut(&mut items, self.limit.size);
        }
        Ok(items)
    }

    fn extracted(&self, items: &[Value], visit: &Visit<'_>) -> Result<Value, String> {
        let text = Template::parse(&self.extract_by.serial.0).render(&visit.variables);
        let serial: i64 = text.trim().parse().map_err(|_not_a_number| format!("Invalid serial index: {text}"))?;
        if serial < 1 {
            return Err(format!("Invalid serial index: must be >= 1, got {serial}"));
        }
        usize::try_from(serial - 1)
            .ok()
            .and_then(|at| items.get(at).cloned())
            .ok_or_else(|| format!("Invalid serial index: must be <= {}, got {serial}", items.len()))
    }

    fn order(&self, kind: ArrayKind, items: &mut [Value]) -> Result<(), String> {
        let key = |item: &Value| match item.as_file() {
            Some(file) => {
                let name = if self.order_by.key.0.is_empty() { "name" } else { &self.order_by.key.0 };
                file.attribute(name).ok_or_else(|| format!("Invalid order key: {name}"))
            }
            None => Ok(item.clone()),
        };
        if kind == ArrayKind::File
            && let Some(item) = items.first()
        {
            key(item)?;
        }
        items.sort_by(|one, other| {
            let order = compare(&key(one).unwrap_or_default(), &key(other).unwrap_or_default());
            if self.order_by.value == Direction::Asc { order } else { order.reverse() }
        });
        Ok(())
    }
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => match (one, other) {
            (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
            _ => one.as_str().unwrap_or_default().cmp(other.as_str().unwrap_or_default()),
        },
    }
}

/// Python's `items[:size]`: a negative size counts from the end.
fn cut(items: &mut Vec<Value>, size: i64) {
    let length = items.len();
    let keep = match usize::try_from(size) {
        Ok(size) => size,
        Err(_) => length.saturating_sub(usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    items.truncate(keep);
}
