//! Reading a node's fields. The errors are for the person who drew the node.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::graph::NodeSpec;
use crate::selector::Selector;

/// All fields of a node as one struct; what the struct does not name is ignored.
pub(crate) fn read<T: DeserializeOwned>(spec: &NodeSpec) -> Result<T, String> {
    let fields = Json::Object(spec.data.as_ref().clone());
    serde_path_to_error::deserialize(fields).map_err(|e| format!("field `{}`: {}", e.path(), e.inner()))
}

/// A selector that may be missing, `null` or too short, all of which mean none.
#[derive(Debug, Clone, Default)]
pub(crate) struct OptionalSelector(pub Option<Selector>);

impl<'de> Deserialize<'de> for OptionalSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Vec<String>>::deserialize(deserializer)?.and_then(Selector::new)))
    }
}

/// A list that files may write as `null`.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Text that files may write as a number or leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LooseText(pub String);

impl<'de> Deserialize<'de> for LooseText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Json::deserialize(deserializer)? {
            Json::Null => String::new(),
            Json::String(text) => text,
            other @ (Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => other.to_string(),
        }))
    }
}

/// A variable of a node that works on named values: `{variable, value_selector}`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NamedSelector {
    pub variable: String,
    #[serde(default)]
    pub value_selector: OptionalSelector,
}

/// The value of a parameter of a tool or an agent: `{type: mixed|variable|constant, value}`. Old files write the value
/// alone; a text then is a template.
#[derive(Debug, Clone)]
pub(crate) struct ParameterFields {
    pub kind: String,
    pub value: Json,
}

impl<'de> Deserialize<'de> for ParameterFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Json::deserialize(deserializer)?;
        match fields.get("type").and_then(Json::as_str).map(str::to_owned) {
            Some(kind) => {
                let value = fields.get_mut("value").map(Json::take).unwrap_or_default();
                Ok(Self { kind, value })
            }
            None => Ok(Self { kind: "mixed".to_owned(), value: fields }),
        }
    }
}
