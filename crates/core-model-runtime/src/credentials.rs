//! What a workspace entered to reach a provider.

mod form;

use std::fmt;
use std::sync::OnceLock;

use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use form::{CredentialsError, FieldProblem};
pub(crate) use form::{FormContext, check_form};

/// Credential variables and their values. Values are never printed or serialised by accident.
#[derive(Clone, Default)]
pub struct Credentials {
    values: IndexMap<String, SecretString>,
    fingerprint: OnceLock<Fingerprint>,
}

/// A digest by which equal credentials are recognised.
pub(crate) type Fingerprint = [u8; 32];

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
        Self { values: entries.collect(), fingerprint: OnceLock::new() }
    }

    /// The value of a variable; an empty value counts as absent.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty())
    }

    /// A value that is a whole number, as forms send it: as text.
    pub(crate) fn number(&self, variable: &str) -> Option<u32> {
        self.get(variable)?.trim().parse().ok()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The same for the same variables and values in the same order.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let mut digest = Sha256::new();
            for (name, value) in &self.values {
                for text in [name.as_str(), value.expose_secret()] {
                    // Lengths keep neighbouring texts apart.
                    digest.update(text.len().to_le_bytes());
                    digest.update(text);
                }
            }
            digest.finalize().into()
        })
    }

    /// All values in the clear, for encryption and storage.
    pub fn expose(&self) -> Map<String, Value> {
        self.values.iter().map(|(name, value)| (name.clone(), Value::from(value.expose_secret()))).collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.values.keys().map(|name| (name, "[redacted]"))).finish()
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
