//! What can be done with a variable of each type.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::value::{Value, ValueType};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Operation {
    #[serde(rename = "over-write")]
    OverWrite,
    #[serde(rename = "clear")]
    Clear,
    #[serde(rename = "set")]
    Set,
    #[serde(rename = "append")]
    Append,
    #[serde(rename = "extend")]
    Extend,
    #[serde(rename = "+=")]
    Add,
    #[serde(rename = "-=")]
    Subtract,
    #[serde(rename = "*=")]
    Multiply,
    #[serde(rename = "/=")]
    Divide,
    #[serde(rename = "remove-first")]
    RemoveFirst,
    #[serde(rename = "remove-last")]
    RemoveLast,
}

impl Operation {
    pub(super) const fn takes_nothing(self) -> bool {
        matches!(self, Self::Clear | Self::RemoveFirst | Self::RemoveLast)
    }
}

/// What an operation is done with.
pub(super) enum Operand {
    Nothing,
    Constant(Json),
    Variable(Value),
}

/// The variable's new value, or why there is none.
pub(super) fn apply(operation: Operation, current: &Value, operand: Operand) -> Result<Value, String> {
    let declared = current.value_type();
    match operation {
        Operation::Clear => Ok(declared.zero()),
        Operation::Set => constant(declared, operand),
        Operation::OverWrite => match operand {
            Operand::Variable(value) => fitting(declared, value),
            Operand::Constant(_) if matches!(declared, ValueType::Array(_) | ValueType::File) => {
                Err(format!("a value of type {} can only be overwritten from a variable", declared.as_str()))
            }
            constant_operand @ Operand::Nothing | constant_operand @ Operand::Constant(_) => {
                constant(declared, constant_operand)
            }
        },
        Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
            arithmetic(operation, current, operand)
        }
        Operation::Append | Operation::Extend => grow(operation, current, operand),
        Operation::RemoveFirst | Operation::RemoveLast => shrink(operation, current),
    }
}

/// A variable keeps its type, unless nothing is known of it.
fn fitting(declared: ValueType, value: Value) -> Result<Value, String> {
    match declared {
        ValueType::None | ValueType::Any | ValueType::Array(crate::value::ArrayKind::Any) => Ok(value),
        declared @ ValueType::String
        | declared @ ValueType::Number
        | declared @ ValueType::Integer
        | declared @ ValueType::Float
        | declared @ ValueType::Boolean
        | declared @ ValueType::Object
        | declared @ ValueType::Secret
        | declared @ ValueType::File
        | declared @ ValueType::Array(_) => {
            let empty = matches!(&value, Value::Array(array) if array.items.is_empty());
            match (declared, empty) {
                (ValueType::Array(kind), true) => Ok(Value::array_of(kind, Vec::new())),
                _ => value.of_type(declared).map_err(|e| e.to_string()),
            }
        }
    }
}

fn constant(declared: ValueType, operand: Operand) -> Result<Value, String> {
    let json = match operand {
        Operand::Constant(json) => json,
        Operand::Variable(value) => return fitting(declared, value),
        Operand::Nothing => return Err("the operation needs a value".to_owned()),
    };
    let json = match (declared, json) {
        (ValueType::Object, Json::String(text)) => {
            serde_json::from_str(&text).map_err(|e| format!("the value is no JSON object: {e}"))?
        }
        (ValueType::Array(_), _) => return Err("a list cannot be set to a constant".to_owned()),
        (_, json) => json,
    };
    fitting(declared, Value::plain(json))
}

fn arithmetic(operation: Operation, current: &Value, operand: Operand) -> Result<Value, String> {
    let other = match operand {
        Operand::Constant(json) => Value::plain(json),
        Operand::Variable(value) => value,
        Operand::Nothing => Value::None,
    };
    let (Some(left), Some(right)) = (current.as_f64(), other.as_f64()) else {
        return Err(format!(
            "cannot calculate with {} and {}",
            current.value_type().as_str(),
            other.value_type().as_str()
        ));
    };
    if operation == Operation::Divide && right == 0.0 {
        return Err("a number cannot be divided by zero".to_owned());
    }
    if let (Value::Integer(left), Value::Integer(right)) = (current, &other) {
        let exact = match operation {
            Operation::Add => left.checked_add(*right),
            Operation::Subtract => left.checked_sub(*right),
            Operation::Multiply => left.checked_mul(*right),
            Operation::OverWrite
            | Operation::Clear
            | Operation::Set
            | Operation::Append
            | Operation::Extend
            | Operation::Divide
            | Operation::RemoveFirst
            | Operation::RemoveLast => None,
        };
        if let Some(exact) = exact {
            return Ok(Value::Integer(exact));
        }
    }
    let result = match operation {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::OverWrite
        | Operation::Clear
        | Operation::Set
        | Operation::Append
        | Operation::Extend
        | Operation::Divide
        | Operation::RemoveFirst
        | Operation::RemoveLast => left / right,
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err("the result is too large a number".to_owned()) }
}

fn grow(operation: Operation, current: &Value, operand: Operand) -> Result<Value, String> {
    let ValueType::Array(kind) = current.value_type() else {
        return Err(format!("a value of type {} is no list", current.value_type().as_str()));
    };
    let Operand::Variable(value) = operand else {
        return Err("a list can only be extended from a variable".to_owned());
    };
    let mut items = current.as_array().map(<[Value]>::to_vec).unwrap_or_default();
    if operation == Operation::Append {
        if !kind.accepts(&value) {
            return Err(format!("{} does not fit into {}", value.value_type().as_str(), current.value_type().as_str()));
        }
        items.push(value);
    } else {
        let more =
            value.as_array().ok_or_else(|| format!("a value of type {} is no list", value.value_type().as_str()))?;
        if let Some(misfit) = more.iter().find(|item| !kind.accepts(item)) {
            return Err(format!(
                "{} does not fit into {}",
                misfit.value_type().as_str(),
                current.value_type().as_str()
            ));
        }
        items.extend(more.iter().cloned());
    }
    Ok(Value::array_of(kind, items))
}

fn shrink(operation: Operation, current: &Value) -> Result<Value, String> {
    let Value::Array(array) = current else {
        return Err(format!("a value of type {} is no list", current.value_type().as_str()));
    };
    let rest = match operation {
        Operation::RemoveFirst => array.items.get(1..),
        Operation::OverWrite
        | Operation::Clear
        | Operation::Set
        | Operation::Append
        | Operation::Extend
        | Operation::Add
        | Operation::Subtract
        | Operation::Multiply
        | Operation::Divide
        | Operation::RemoveLast => array.items.get(..array.items.len().saturating_sub(1)),
    };
    Ok(Value::array_of(array.kind, rest.unwrap_or_default().to_vec()))
}
