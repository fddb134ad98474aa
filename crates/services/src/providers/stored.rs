//! Credentials as they are stored: JSON text in which the values of secret inputs are encrypted.

use core_model_runtime::Credentials;
use models::TenantId;
use serde_json::{Map, Value};

use crate::secrets::{HIDDEN, SecretsError, TenantKeys, obfuscate};

/// The variable that holds a provider's configuration from before there were several.
const LEGACY_VARIABLE: &str = "openai_api_key";

/// The configuration in a row.
fn parse(config: &str) -> Map<String, Value> {
    match serde_json::from_str(config) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::from_iter([(LEGACY_VARIABLE.to_owned(), Value::from(config))]),
    }
}

/// What to store of checked credentials.
pub(super) async fn seal(
    keys: &TenantKeys,
    tenant: TenantId,
    credentials: &Credentials,
    secrets: &[&str],
) -> Result<String, SecretsError> {
    let mut map = credentials.expose();
    for (variable, value) in &mut map {
        if let Value::String(text) = value
            && secrets.contains(&variable.as_str())
        {
            *text = keys.encrypt(tenant, std::mem::take(text)).await?;
        }
    }
    Ok(Value::Object(map).to_string())
}

/// The credentials in clear.
pub(super) async fn open(
    keys: &TenantKeys,
    tenant: TenantId,
    config: &str,
    secrets: &[&str],
) -> Result<Credentials, SecretsError> {
    let mut map = parse(config);
    for (variable, value) in &mut map {
        if let Value::String(text) = value
            && !text.is_empty()
            && secrets.contains(&variable.as_str())
        {
            *text = keys.decrypt(tenant, std::mem::take(text)).await?;
        }
    }
    Ok(Credentials::from_json_map(map))
}

/// What a person sees of credentials.
pub(super) fn shown(credentials: &Credentials, secrets: &[&str]) -> Map<String, Value> {
    let mut map = credentials.expose();
    for (variable, value) in &mut map {
        if let Value::String(text) = value
            && secrets.contains(&variable.as_str())
        {
            *text = obfuscate(text);
        }
    }
    map
}

/// Whether a form came back with a secret that it was not shown.
pub(super) fn keeps_something(entered: &Map<String, Value>) -> bool {
    entered.values().any(|value| value == HIDDEN)
}

/// Puts what is stored where the form says "unchanged".
pub(super) fn merge(entered: &mut Map<String, Value>, stored: &Credentials) {
    for (variable, value) in entered {
        if value == HIDDEN {
            *value = stored.get(variable).map_or(Value::Null, Value::from);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!() };
        map
    }

    #[test]
    fn old_configurations_are_one_key() {
        assert_eq!(parse("c2VjcmV0"), map(json!({"openai_api_key": "c2VjcmV0"})));
        assert_eq!(parse("{\"a\":\"b\"}"), map(json!({"a": "b"})));
    }

    #[test]
    fn hidden_values_are_kept() {
        let stored = Credentials::from_json_map(map(json!({"key": "old", "url": "u"})));
        let mut entered = map(json!({"key": HIDDEN, "url": "new", "other": HIDDEN}));
        assert!(keeps_something(&entered));
        merge(&mut entered, &stored);
        assert_eq!(entered, map(json!({"key": "old", "url": "new", "other": null})));
    }

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials::from_json_map(map(json!({"key": "sk-abcdefghijkl", "url": "https://x"})));
        assert_eq!(shown(&credentials, &["key"]), map(json!({"key": "sk-abc************kl", "url": "https://x"})));
    }
}
