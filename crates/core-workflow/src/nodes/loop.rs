//! `loop`: the nodes inside run again and again over the same variables. The engine drives the rounds; here is what the
//! node's fields say.

use serde::Deserialize;
use serde_json::Value as Json;

use super::conditions::{Condition, Logic, judge};
use super::fields;
use crate::graph::NodeSpec;
use crate::node::NodeError;
use crate::pool::Variables;
use crate::registry::Body;
use crate::selector::Selector;
use crate::value::{Map, Value, ValueType};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    start_node_id: Option<String>,
    loop_count: Json,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    break_conditions: Vec<Condition>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    logical_operator: Logic,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    loop_variables: Vec<LoopVariable>,
}

#[derive(Debug, Deserialize)]
struct LoopVariable {
    label: String,
    var_type: String,
    #[serde(default)]
    value_type: Option<String>,
    #[serde(default)]
    value: Json,
}

/// Fields of a loop.
#[derive(Debug)]
pub struct LoopSpec {
    pub(crate) start_node: String,
    id: String,
    /// Rounds at most.
    pub(crate) count: usize,
    conditions: Vec<Condition>,
    logic: Logic,
    variables: Vec<Variable>,
}

#[derive(Debug)]
struct Variable {
    label: String,
    declared: ValueType,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Constant(Json),
    Variable(Selector),
    /// A selector that names nothing.
    Nowhere,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let variable = |variable: LoopVariable| {
        let declared = ValueType::parse(&variable.var_type).ok_or_else(|| {
            format!("loop variable `{}` has the unknown type `{}`", variable.label, variable.var_type)
        })?;
        let source = if variable.value_type.as_deref() == Some("variable") {
            let parts: Option<Vec<String>> = serde_json::from_value(variable.value).ok();
            parts.and_then(Selector::new).map_or(Source::Nowhere, Source::Variable)
        } else {
            Source::Constant(variable.value)
        };
        Ok(Variable { label: variable.label, declared, source })
    };
    let count = match &fields.loop_count {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    Ok(Body::Loop(LoopSpec {
        start_node: fields.start_node_id.filter(|id| !id.is_empty()).ok_or("the loop has no start_node_id")?,
        id: spec.id.to_string(),
        count: count.and_then(|count| usize::try_from(count).ok()).ok_or("loop_count must be a whole number")?,
        conditions: fields.break_conditions,
        logic: fields.logical_operator,
        variables: fields.loop_variables.into_iter().map(variable).collect::<Result<_, String>>()?,
    }))
}

impl LoopSpec {
    /// First values of the loop's variables, and what is shown as the node's inputs.
    pub(crate) fn begin(
        &self,
        variables: &Variables<'_>,
        max: usize,
    ) -> Result<(Vec<(String, Value)>, Map), NodeError> {
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        let mut inputs = Map::from_iter([("loop_count".to_owned(), Value::Integer(count))]);
        if self.count > max {
            let message = format!("the loop has {count} rounds, more than {max}");
            return Err(NodeError::generic(message).with_inputs(inputs));
        }
        let mut initial = Vec::new();
        for variable in &self.variables {
            let value = variable.initial(variables).ok_or_else(|| {
                let message = format!("Invalid value for loop variable {}", variable.label);
                NodeError::new("ValueError", message).with_inputs(inputs.clone())
            })?;
            inputs.insert(variable.label.clone(), value.clone());
            initial.push((variable.label.clone(), value));
        }
        Ok((initial, inputs))
    }

    /// Whether no further round is wanted.
    pub(crate) fn is_done(&self, variables: &Variables<'_>) -> Result<bool, String> {
        if self.conditions.is_empty() {
            return Ok(false);
        }
        judge(self.logic, &self.conditions, variables).map(|verdict| verdict.holds).map_err(|error| error.message)
    }

    /// The loop's variables as they are.
    pub(crate) fn current(&self, variables: &Variables<'_>) -> Map {
        let value = |variable: &Variable| {
            let value = variables.variable(&self.id, &variable.label).cloned().unwrap_or_default();
            (variable.label.clone(), value)
        };
        self.variables.iter().map(value).collect()
    }
}

impl Variable {
    fn initial(&self, variables: &Variables<'_>) -> Option<Value> {
        match &self.source {
            Source::Nowhere => None,
            Source::Variable(selector) => variables.get(selector)?.into_owned().of_type(self.declared).ok(),
            Source::Constant(value) => constant(self.declared, value),
        }
    }
}

/// A constant may be written as text: lists and objects as JSON, numbers and truth by their usual words.
fn constant(declared: ValueType, value: &Json) -> Option<Value> {
    let value = match (declared, value) {
        (ValueType::String, Json::String(text)) => return Some(Value::from(text.as_str())),
        (ValueType::Array(_), Json::String(text)) if text.is_empty() => Value::array(Vec::new()),
        (ValueType::Array(_), Json::Null) => Value::array(Vec::new()),
        (ValueType::Object | ValueType::Array(_) | ValueType::Number | ValueType::Boolean, Json::String(text)) => {
            Value::plain(serde_json::from_str(text.trim()).ok()?)
        }
        (_, other) => Value::plain(other.clone()),
    };
    value.of_type(declared).ok()
}
