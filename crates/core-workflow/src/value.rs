//! Values of variables: JSON-like, plus files and secrets, cheap to clone.
//!
//! A value knows its type as the platform names it (`array[number]`), and three text forms of it (see [`text`](Value::text),
//! [`markdown`](Value::markdown), [`log`](Value::log)). They are those of the Python server, whose files and prompts
//! were written against them: `True`, `None`, `1e+21`.

mod file;
mod kind;
mod parse;
pub mod python;
mod text;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::file::{File, FileKind, TransferMethod};
pub use self::kind::{ArrayKind, ValueType};
pub use self::parse::{ValueError, map_to_json};

/// Named values, in the order in which they were made.
pub type Map = IndexMap<String, Value>;

/// One value of a variable.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Value {
    /// JSON's `null`: there, but nothing.
    #[default]
    None,
    String(Arc<str>),
    Integer(i64),
    /// Always finite.
    Float(f64),
    Boolean(bool),
    Object(Arc<Map>),
    File(Arc<File>),
    Array(Arc<Array>),
    /// Text that is never logged.
    Secret(Arc<str>),
}

/// A list with the type of its elements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Array {
    pub kind: ArrayKind,
    pub items: Vec<Value>,
}

impl Value {
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    pub fn object(map: Map) -> Self {
        Self::Object(Arc::new(map))
    }

    /// A list whose element type follows from its elements.
    pub fn array(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(Array { kind: ArrayKind::of(&items), items }))
    }

    /// A list of a declared type.
    pub fn array_of(kind: ArrayKind, items: Vec<Self>) -> Self {
        Self::Array(Arc::new(Array { kind, items }))
    }

    /// The text of a string or a secret.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Secret(text) => Some(text),
            Self::None
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Boolean(_)
            | Self::Object(_)
            | Self::File(_)
            | Self::Array(_) => None,
        }
    }

    pub fn as_object(&self) -> Option<&Map> {
        if let Self::Object(map) = self { Some(map) } else { None }
    }

    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(array) = self { Some(&array.items) } else { None }
    }

    pub fn as_file(&self) -> Option<&Arc<File>> {
        if let Self::File(file) = self { Some(file) } else { None }
    }

    /// A number as a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as Python's float() does")]
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::None
            | Self::String(_)
            | Self::Boolean(_)
            | Self::Object(_)
            | Self::File(_)
            | Self::Array(_)
            | Self::Secret(_) => None,
        }
    }

    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Python's truth: nothing, `0`, `""`, `[]` and `{}` are false.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::None => false,
            Self::String(text) | Self::Secret(text) => !text.is_empty(),
            Self::Integer(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Boolean(yes) => *yes,
            Self::Object(map) => !map.is_empty(),
            Self::File(_) => true,
            Self::Array(array) => !array.items.is_empty(),
        }
    }

    /// About how many bytes the value holds; for limits.
    pub fn weight(&self) -> usize {
        const CELL: usize = 16;
        match self {
            Self::None | Self::Integer(_) | Self::Float(_) | Self::Boolean(_) => CELL,
            Self::String(text) | Self::Secret(text) => CELL + text.len(),
            Self::Object(map) => map.iter().map(|(key, value)| CELL + key.len() + value.weight()).sum(),
            Self::File(_) => 512,
            Self::Array(array) => array.items.iter().map(Self::weight).sum(),
        }
    }

    /// Files in this value and in what it holds.
    pub fn files(&self) -> Vec<Arc<File>> {
        match self {
            Self::File(file) => vec![Arc::clone(file)],
            Self::Array(array) => array.items.iter().flat_map(Self::files).collect(),
            Self::Object(_)
            | Self::None
            | Self::String(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Boolean(_)
            | Self::Secret(_) => Vec::new(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    /// What is no number becomes nothing, as in JSON.
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Float(number) } else { Self::None }
    }
}
