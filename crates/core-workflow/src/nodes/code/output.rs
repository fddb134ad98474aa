//! Whether what code returned is what its node declares.

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

use crate::limits::CodeLimits;
use crate::node::NodeError;
use crate::value::{ArrayKind, Map, Value, python};

/// One declared output.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Declared {
    #[serde(rename = "type")]
    kind: String,
    /// Members of an object.
    #[serde(default)]
    children: Option<IndexMap<String, Declared>>,
}

/// Texts that JavaScript and JSON writers make of large numbers.
static SCIENTIFIC: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"^[-+]?\d+\.?\d*[eE][-+]?\d+$").expect("the pattern is valid")
});

/// The name of a value's type in Python, as messages have it.
pub(super) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// The outputs of a result, or what is wrong with it.
pub(super) fn check(
    result: JsonMap<String, Json>,
    declared: Option<&IndexMap<String, Declared>>,
    limits: &CodeLimits,
) -> Result<Map, NodeError> {
    let result = result.into_iter().map(|(name, value)| (name, plain_numbers(value))).collect();
    Check { limits }.object(result, declared, "", 1)
}

fn plain_numbers(value: Json) -> Json {
    match value {
        Json::String(text) if SCIENTIFIC.is_match(&text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Json::from(number),
            _ => Json::String(text),
        },
        Json::Array(items) => Json::Array(items.into_iter().map(plain_numbers).collect()),
        Json::Object(map) => Json::Object(map.into_iter().map(|(key, item)| (key, plain_numbers(item))).collect()),
        other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => other,
    }
}

struct Check<'a> {
    limits: &'a CodeLimits,
}

fn invalid(message: String) -> NodeError {
    NodeError::new("OutputValidationError", message)
}

impl Check<'_> {
    fn object(
        &self,
        mut result: JsonMap<String, Json>,
        declared: Option<&IndexMap<String, Declared>>,
        prefix: &str,
        depth: usize,
    ) -> Result<Map, NodeError> {
        if depth > self.limits.max_depth {
            let message = format!("Depth limit {} reached, object too deep.", self.limits.max_depth);
            return Err(NodeError::new("DepthLimitError", message));
        }
        let path = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let Some(declared) = declared else {
            return result
                .into_iter()
                .map(|(name, value)| Ok((name.clone(), self.anything(value, &path(&name), depth)?)))
                .collect();
        };
        let mut outputs = Map::new();
        for (name, output) in declared {
            let path = path(name);
            let value = result.shift_remove(name).ok_or_else(|| invalid(format!("Output {path} is missing.")))?;
            outputs.insert(name.clone(), self.declared(output, value, &path, depth)?);
        }
        if !result.is_empty() {
            return Err(NodeError::new("CodeNodeError", "Not all output parameters are validated."));
        }
        Ok(outputs)
    }

    fn declared(&self, output: &Declared, value: Json, path: &str, depth: usize) -> Result<Value, NodeError> {
        if value.is_null() {
            return Ok(Value::None);
        }
        match output.kind.to_ascii_lowercase().as_str() {
            "string" => self.string(value, path),
            "number" => self.number(&value, path),
            "boolean" => Self::boolean(&value, path),
            "object" => match value {
                Json::Object(map) => self.object(map, output.children.as_ref(), path, depth + 1).map(Value::object),
                other @ Json::Null
                | other @ Json::Bool(_)
                | other @ Json::Number(_)
                | other @ Json::String(_)
                | other @ Json::Array(_) => Err(invalid(format!(
                    "Output {path} is not an object, got <class '{}'> instead.",
                    type_name(&other)
                ))),
            },
            "array[number]" => self.array(ArrayKind::Number, value, path, depth),
            "array[string]" => self.array(ArrayKind::String, value, path, depth),
            "array[object]" => self.array(ArrayKind::Object, value, path, depth),
            "array[boolean]" => self.array(ArrayKind::Boolean, value, path, depth),
            other => Err(invalid(format!("Output type {other} is not supported."))),
        }
    }

    fn array(&self, kind: ArrayKind, value: Json, path: &str, depth: usize) -> Result<Value, NodeError> {
        let Json::Array(items) = value else {
            let got = type_name(&value);
            return Err(invalid(format!("Output {path} is not an array, got <class '{got}'> instead.")));
        };
        let max = match kind {
            ArrayKind::String => self.limits.max_string_array,
            ArrayKind::Object => self.limits.max_object_array,
            ArrayKind::Number | ArrayKind::Boolean | ArrayKind::Any | ArrayKind::File => self.limits.max_number_array,
        };
        if items.len() > max {
            let message = format!("The length of output variable `{path}` must be less than {max} elements.");
            return Err(invalid(message));
        }
        let item = |(index, item): (usize, Json)| {
            let path = format!("{path}[{index}]");
            match (kind, item) {
                (_, Json::Null) => Ok(Value::None),
                (ArrayKind::String, item) => self.string(item, &path),
                (ArrayKind::Number, item) => self.number(&item, &path),
                (ArrayKind::Boolean, item) => Self::boolean(&item, &path),
                (_, Json::Object(map)) => self.object(map, None, &path, depth + 1).map(Value::object),
                (_, other) => Err(invalid(format!(
                    "Output {path} is not an object, got <class '{}'> instead at index {index}.",
                    type_name(&other)
                ))),
            }
        };
        let items = items.into_iter().enumerate().map(item).collect::<Result<Vec<_>, _>>()?;
        let holds_null = items.iter().any(Value::is_none);
        Ok(if holds_null { Value::array(items) } else { Value::array_of(kind, items) })
    }

    fn string(&self, value: Json, path: &str) -> Result<Value, NodeError> {
        let Json::String(text) = value else {
            let got = type_name(&value);
            return Err(invalid(format!("Output {path} must be a string, got {got} instead")));
        };
        let max = self.limits.max_string_length;
        if text.len() > max && text.chars().count() > max {
            return Err(invalid(format!("The length of output variable `{path}` must be less than {max} characters")));
        }
        Ok(Value::from(if text.contains('\0') { text.replace('\0', "") } else { text }))
    }

    fn boolean(value: &Json, path: &str) -> Result<Value, NodeError> {
        let got = type_name(value);
        value
            .as_bool()
            .map(Value::Boolean)
            .ok_or_else(|| invalid(format!("Output {path} must be a boolean, got {got} instead")))
    }

    fn number(&self, value: &Json, path: &str) -> Result<Value, NodeError> {
        let number = match Value::plain(value.clone()) {
            Value::Boolean(yes) => Value::Integer(i64::from(yes)),
            number @ (Value::Integer(_) | Value::Float(_)) => number,
            Value::None | Value::String(_) | Value::Object(_) | Value::File(_) | Value::Array(_) | Value::Secret(_) => {
                let got = type_name(value);
                return Err(invalid(format!("Output {path} must be a number, got {got} instead")));
            }
        };
        let (min, max) = (self.limits.min_number, self.limits.max_number);
        #[expect(clippy::cast_precision_loss, reason = "limits far above what a float counts exactly")]
        let outside = match number {
            Value::Integer(integer) => integer < min || integer > max,
            Value::Float(float) => float < min as f64 || float > max as f64,
            Value::None
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Object(_)
            | Value::File(_)
            | Value::Array(_)
            | Value::Secret(_) => false,
        };
        if outside {
            let message = format!("Output variable `{path}` is out of range, it must be between {min} and {max}.");
            return Err(invalid(message));
        }
        if let Value::Float(float) = number {
            let text = python::float(float);
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let digits = self.limits.max_precision;
            if decimals > digits {
                let message =
                    format!("Output variable `{path}` has too high precision, it must be less than {digits} digits.");
                return Err(invalid(message));
            }
        }
        Ok(number)
    }

    /// A value of which nothing is declared.
    fn anything(&self, value: Json, path: &str, depth: usize) -> Result<Value, NodeError> {
        match value {
            Json::Null => Ok(Value::None),
            Json::Bool(yes) => Ok(Value::Boolean(yes)),
            value @ Json::Number(_) => self.number(&value, path),
            value @ Json::String(_) => self.string(value, path),
            Json::Object(map) => self.object(map, None, path, depth + 1).map(Value::object),
            Json::Array(items) => {
                let max = self.limits.max_number_array;
                if items.len() > max {
                    let message = format!("The length of output variable `{path}` must be less than {max} elements.");
                    return Err(invalid(message));
                }
                let item = |(index, item): (usize, Json)| self.anything(item, &format!("{path}[{index}]"), depth + 1);
                if depth >= self.limits.max_depth {
                    let message = format!("Depth limit {} reached, object too deep.", self.limits.max_depth);
                    return Err(NodeError::new("DepthLimitError", message));
                }
                items.into_iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::array)
            }
        }
    }
}
