//! Types of values by the names that files and clients use.

use serde::{Deserialize, Serialize};

use super::Value;

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArrayKind {
    Any,
    String,
    Number,
    Object,
    Boolean,
    File,
}

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueType {
    String,
    Number,
    Integer,
    Float,
    Boolean,
    Object,
    Secret,
    File,
    Array(ArrayKind),
    None,
    Any,
}

impl ArrayKind {
    /// One type of elements makes a typed list; nothing in it, a mixture, or lists in it make a list of anything.
    pub fn of(items: &[Value]) -> Self {
        let mut kinds = items.iter().map(Self::of_item);
        let Some(first) = kinds.next() else { return Self::Any };
        if kinds.all(|kind| kind == first) { first } else { Self::Any }
    }

    const fn of_item(item: &Value) -> Self {
        match item {
            Value::String(_) | Value::Secret(_) => Self::String,
            Value::Integer(_) | Value::Float(_) => Self::Number,
            Value::Boolean(_) => Self::Boolean,
            Value::Object(_) => Self::Object,
            Value::File(_) => Self::File,
            Value::Array(_) | Value::None => Self::Any,
        }
    }

    /// An element that fits a list of this type.
    pub fn accepts(self, item: &Value) -> bool {
        self == Self::Any || Self::of_item(item) == self
    }
}

impl ValueType {
    /// The name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Secret => "secret",
            Self::File => "file",
            Self::Array(ArrayKind::Any) => "array[any]",
            Self::Array(ArrayKind::String) => "array[string]",
            Self::Array(ArrayKind::Number) => "array[number]",
            Self::Array(ArrayKind::Object) => "array[object]",
            Self::Array(ArrayKind::Boolean) => "array[boolean]",
            Self::Array(ArrayKind::File) => "array[file]",
            Self::None => "none",
            Self::Any => "any",
        }
    }

    /// The type of a name, however its letters are cased (old files write `Array[String]`).
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "string" => Self::String,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "boolean" | "bool" => Self::Boolean,
            "object" => Self::Object,
            "secret" => Self::Secret,
            "file" => Self::File,
            "array" | "array[any]" => Self::Array(ArrayKind::Any),
            "array[string]" => Self::Array(ArrayKind::String),
            "array[number]" => Self::Array(ArrayKind::Number),
            "array[object]" => Self::Array(ArrayKind::Object),
            "array[boolean]" => Self::Array(ArrayKind::Boolean),
            "array[file]" => Self::Array(ArrayKind::File),
            "none" => Self::None,
            "any" => Self::Any,
            _ => return None,
        })
    }

    /// The value that `clear` leaves behind.
    pub fn zero(self) -> Value {
        match self {
            Self::String | Self::Secret => Value::from(""),
            Self::Number | Self::Integer => Value::Integer(0),
            Self::Float => Value::Float(0.0),
            Self::Boolean => Value::Boolean(false),
            Self::Object => Value::object(super::Map::new()),
            Self::Array(kind) => Value::array_of(kind, Vec::new()),
            Self::File | Self::None | Self::Any => Value::None,
        }
    }
}

impl Value {
    /// The type as clients see it: both kinds of numbers are `number`.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::None => ValueType::None,
            Self::String(_) => ValueType::String,
            Self::Integer(_) | Self::Float(_) => ValueType::Number,
            Self::Boolean(_) => ValueType::Boolean,
            Self::Object(_) => ValueType::Object,
            Self::File(_) => ValueType::File,
            Self::Array(array) => ValueType::Array(array.kind),
            Self::Secret(_) => ValueType::Secret,
        }
    }
}
