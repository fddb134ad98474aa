//! Values from JSON and back, and values of declared types.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Array, ArrayKind, File, Map, Value, ValueType};

/// A value does not have the type that was declared for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a value of type {expected}, got {got}")]
pub struct ValueError {
    pub expected: &'static str,
    pub got: &'static str,
}

impl Value {
    /// The value of any JSON; objects that say they are files become files.
    pub fn from_json(json: Json) -> Self {
        match json {
            Json::Object(object) => match File::from_json(&object) {
                Some(file) => Self::File(Arc::new(file)),
                None => Self::object(object.into_iter().map(|(key, item)| (key, Self::from_json(item))).collect()),
            },
            Json::Array(items) => Self::array(items.into_iter().map(Self::from_json).collect()),
            plain @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => Self::plain(plain),
        }
    }

    /// The value of JSON in which nothing is taken for a file.
    pub fn plain(json: Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::Bool(yes) => Self::Boolean(yes),
            Json::String(text) => Self::from(text),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => number.as_f64().map_or(Self::None, Self::from),
            },
            Json::Array(items) => Self::array(items.into_iter().map(Self::plain).collect()),
            Json::Object(object) => {
                Self::object(object.into_iter().map(|(key, item)| (key, Self::plain(item))).collect())
            }
        }
    }

    /// JSON for clients, tables and code. Files are objects with their address.
    pub fn to_json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::String(text) | Self::Secret(text) => Json::String(text.to_string()),
            Self::Integer(number) => Json::from(*number),
            Self::Float(number) => Json::from(*number),
            Self::Boolean(yes) => Json::Bool(*yes),
            Self::Object(map) => map_to_json(map),
            Self::File(file) => file.to_json(),
            Self::Array(array) => Json::Array(array.items.iter().map(Self::to_json).collect()),
        }
    }

    /// The same value with a declared type: numbers and lists take the type's form.
    ///
    /// # Errors
    /// If the value is of another type.
    pub fn of_type(self, declared: ValueType) -> Result<Self, ValueError> {
        let got = self.value_type().as_str();
        let fault = ValueError { expected: declared.as_str(), got };
        match (declared, self) {
            (ValueType::Any, value) | (ValueType::None, value @ Self::None) => Ok(value),
            (ValueType::String, value @ Self::String(_))
            | (ValueType::Boolean, value @ Self::Boolean(_))
            | (ValueType::Object, value @ Self::Object(_))
            | (ValueType::File, value @ Self::File(_))
            | (ValueType::Number | ValueType::Integer, value @ Self::Integer(_))
            | (ValueType::Number | ValueType::Float, value @ Self::Float(_))
            | (ValueType::Secret, value @ Self::Secret(_)) => Ok(value),
            (ValueType::Secret, Self::String(text)) => Ok(Self::Secret(text)),
            (ValueType::Float, value @ Self::Integer(_)) => value.as_f64().map(Self::Float).ok_or(fault),
            (ValueType::Array(kind), Self::Array(array)) => {
                if array.kind == kind {
                    return Ok(Self::Array(array));
                }
                if !array.items.iter().all(|item| kind.accepts(item)) {
                    return Err(fault);
                }
                let items = Arc::try_unwrap(array).map_or_else(|shared| shared.items.clone(), |own| own.items);
                Ok(Self::Array(Arc::new(Array { kind, items })))
            }
            _ => Err(fault),
        }
    }
}

/// JSON of a map's values.
pub fn map_to_json(map: &Map) -> Json {
    Json::Object(map.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
}

impl ArrayKind {
    /// The kind of a declared list; `None` for other types.
    pub const fn of_type(declared: ValueType) -> Option<Self> {
        if let ValueType::Array(kind) = declared { Some(kind) } else { None }
    }
}
