//! The parameters that are looked for: what a model is told of them, and what becomes of the values it found.

use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::nodes::fields::{LooseText, null_as_default};
use crate::value::{ArrayKind, Map, Value, ValueType};

#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Parameters {
    #[serde(deserialize_with = "null_as_default")]
    list: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, deserialize_with = "null_as_default")]
    options: Vec<String>,
    #[serde(default)]
    description: LooseText,
    #[serde(default, deserialize_with = "null_as_default")]
    required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
enum Kind {
    #[serde(rename = "string")]
    String,
    /// A string of a few.
    #[serde(rename = "select")]
    Select,
    #[serde(rename = "number")]
    Number,
    #[serde(rename = "boolean", alias = "bool")]
    Boolean,
    #[serde(rename = "array[string]")]
    Strings,
    #[serde(rename = "array[number]")]
    Numbers,
    #[serde(rename = "array[object]")]
    Objects,
    #[serde(rename = "array[boolean]")]
    Booleans,
}

impl Kind {
    const fn value_type(self) -> ValueType {
        match self {
            Self::String | Self::Select => ValueType::String,
            Self::Number => ValueType::Number,
            Self::Boolean => ValueType::Boolean,
            Self::Strings => ValueType::Array(ArrayKind::String),
            Self::Numbers => ValueType::Array(ArrayKind::Number),
            Self::Objects => ValueType::Array(ArrayKind::Object),
            Self::Booleans => ValueType::Array(ArrayKind::Boolean),
        }
    }

    fn schema(self) -> Json {
        let list = |items: &str| json!({"type": "array", "items": {"type": items}});
        match self {
            Self::String | Self::Select => json!({"type": "string"}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Strings => list("string"),
            Self::Numbers => list("number"),
            Self::Objects => list("object"),
            Self::Booleans => list("boolean"),
        }
    }

    /// The value that was found, if it is of this type or can be read as one.
    fn read(self, found: &Json) -> Option<Value> {
        let list = |kind, item: fn(&Json) -> Option<Value>| {
            found.as_array().map(|items| Value::array_of(kind, items.iter().filter_map(item).collect()))
        };
        match self {
            Self::String | Self::Select => text(found),
            Self::Number => number(found),
            Self::Boolean => boolean(found),
            Self::Strings => list(ArrayKind::String, text),
            Self::Numbers => list(ArrayKind::Number, number),
            Self::Objects => list(ArrayKind::Object, |item| item.is_object().then(|| Value::plain(item.clone()))),
            Self::Booleans => list(ArrayKind::Boolean, boolean),
        }
    }
}

fn text(found: &Json) -> Option<Value> {
    found.as_str().map(Value::from)
}

fn number(found: &Json) -> Option<Value> {
    match found {
        Json::Number(_) => Some(Value::plain(found.clone())),
        Json::Bool(yes) => Some(Value::Integer((*yes).into())),
        Json::String(text) => {
            let text = text.trim();
            let integer = text.parse().ok().map(Value::Integer);
            integer.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Float))
        }
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn boolean(found: &Json) -> Option<Value> {
    match found {
        Json::Bool(yes) => Some(Value::Boolean(*yes)),
        Json::Number(number) => number.as_f64().map(|number| Value::Boolean(number != 0.0)),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

impl Parameters {
    /// Names that the node's own outputs have.
    pub(super) fn check(&self) -> Result<(), String> {
        for parameter in &self.list {
            if parameter.name.is_empty() {
                return Err("a parameter has no name".to_owned());
            }
            if matches!(parameter.name.as_str(), "__reason" | "__is_success") {
                return Err("Invalid parameter name, __reason and __is_success are reserved".to_owned());
            }
        }
        Ok(())
    }

    /// As the node's inputs show them.
    pub(super) fn described(&self) -> Json {
        let describe = |parameter: &Parameter| {
            json!({
                "name": parameter.name,
                "type": parameter.kind,
                "options": parameter.options,
                "description": parameter.description.0,
                "required": parameter.required,
            })
        };
        Json::Array(self.list.iter().map(describe).collect())
    }

    /// JSON Schema of an object with all of them.
    pub(super) fn schema(&self) -> Json {
        let mut properties = JsonMap::new();
        for parameter in &self.list {
            let mut schema = parameter.kind.schema();
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), Json::from(parameter.description.0.as_str()));
                if parameter.kind == Kind::Select {
                    schema.insert("enum".to_owned(), json!(parameter.options));
                }
            }
            properties.insert(parameter.name.clone(), schema);
        }
        let required: Vec<&str> =
            self.list.iter().filter(|parameter| parameter.required).map(|parameter| parameter.name.as_str()).collect();
        json!({"type": "object", "properties": properties, "required": required})
    }

    /// What is wrong with what was found.
    pub(super) fn fault(&self, found: &JsonMap<String, Json>) -> Option<String> {
        if found.len() != self.list.len() {
            return Some("Invalid number of parameters".to_owned());
        }
        self.list.iter().find_map(|parameter| {
            let name = &parameter.name;
            let value = found.get(name).filter(|value| !value.is_null());
            let Some(value) = value else {
                return parameter.required.then(|| format!("Parameter {name} is required"));
            };
            if parameter.kind == Kind::Select
                && !value.as_str().is_some_and(|value| parameter.options.iter().any(|option| option == value))
            {
                return Some(format!("Invalid `select` value for parameter {name}"));
            }
            parameter.kind.read(value).is_none().then(|| {
                let (expected, actual) = (parameter.kind.value_type(), Value::plain(value.clone()).value_type());
                let (expected, actual) = (expected.as_str(), actual.as_str());
                format!("Invalid value for parameter {name}, expected segment type: {expected}, actual_type: {actual}")
            })
        })
    }

    /// A value for each: what was found, else nothing of its type.
    pub(super) fn values(&self, found: &JsonMap<String, Json>) -> Map {
        let value = |parameter: &Parameter| {
            let value = found.get(&parameter.name).and_then(|value| parameter.kind.read(value));
            (parameter.name.clone(), value.unwrap_or_else(|| parameter.kind.value_type().zero()))
        };
        self.list.iter().map(value).collect()
    }
}
