//! What a workspace entered to reach a provider.

mod form;

use std::fmt;

use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

pub use form::{CredentialsError, FieldProblem};
pub(crate) use form::{FormContext, check_form};

/// Credential variables and their values. Values are never printed or serialised by accident.
#[derive(Clone, Default)]
pub struct Credentials(IndexMap<String, SecretString>);

impl Credentials {
    /// Texts are kept, `null` is dropped, anything else is kept as its JSON text (`true`, `42`).
    pub fn from_json_map(map: Map<String, Value>) -> Self {
        let entries = map.into_iter().filter_map(|(variable, value)| {
            let text = match value {
                Value::Null => return None,
                Value::String(text) => text,
                other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
            };
            Some((variable, SecretString::from(text)))
        });
        Self(entries.collect())
    }

    /// The value of a variable; an empty value counts as absent.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All values in the clear, for encryption and storage.
    pub fn expose(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.expose_secret()))).collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, "[redacted]"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_not_printed() {
        let Value::Object(map) = json!({"api_key": "sk-1", "flag": true, "gone": null, "empty": ""}) else { panic!() };
        let credentials = Credentials::from_json_map(map);
        assert_eq!(credentials.get("api_key"), Some("sk-1"));
        assert_eq!(credentials.get("flag"), Some("true"));
        assert_eq!((credentials.get("gone"), credentials.get("empty")), (None, None));
        assert!(!format!("{credentials:?}").contains("sk-1"));
    }
}
