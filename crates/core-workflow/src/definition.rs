//! Environment and conversation variables as a workflow defines them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::value::{Value, ValueError, ValueType};

/// A variable with its first value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Any text: files written by hand do not use UUIDs.
    #[serde(default)]
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub selector: Vec<String>,
    pub value_type: String,
    #[serde(default)]
    pub value: Json,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    #[error("variable `{name}` has the unknown type `{value_type}`")]
    UnknownType { name: String, value_type: String },
    #[error("variable `{name}`: {error}")]
    Value { name: String, error: ValueError },
}

impl Definition {
    /// The first value, of the declared type. Numbers may be written as text.
    ///
    /// # Errors
    /// If there is no such type, or the value is of another one.
    pub fn typed(&self) -> Result<Value, DefinitionError> {
        let name = || self.name.clone();
        let declared = ValueType::parse(&self.value_type)
            .ok_or_else(|| DefinitionError::UnknownType { name: name(), value_type: self.value_type.clone() })?;
        let value = match (declared, &self.value) {
            (_, Json::Null) => return Ok(declared.zero()),
            (ValueType::Number | ValueType::Integer | ValueType::Float, Json::String(text)) => {
                let number = text.trim();
                let parsed = serde_json::from_str(number).ok().filter(Json::is_number);
                Value::plain(parsed.unwrap_or_else(|| self.value.clone()))
            }
            (_, value) => Value::from_json(value.clone()),
        };
        value.of_type(declared).map_err(|error| DefinitionError::Value { name: name(), error })
    }
}
