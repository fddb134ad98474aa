//! Process rules in rows of the database.

use serde_json::Value;

use super::{Mode, ProcessRule, RuleError, Rules, default};

impl ProcessRule {
    /// Reads the columns `mode` and `rules`. Whatever older versions wrote is accepted: what is missing has its default,
    /// what is unknown is left out. That goes for the key `delimiter` too, instead of which the default separator
    /// applies, as it always did.
    pub fn stored(mode: &str, rules: Option<&str>) -> Result<Self, RuleError> {
        let mode = Mode::from_wire(mode).ok_or_else(|| RuleError::UnknownMode(mode.to_owned()))?;
        if mode == Mode::Automatic {
            return Ok(Self::automatic());
        }
        let stored = |error: &dyn std::fmt::Display| RuleError::Stored(error.to_string());
        let Some(text) = rules.filter(|text| !text.trim().is_empty()) else {
            return Err(RuleError::Stored(format!("mode {} has no rules", mode.as_wire())));
        };
        let mut value: Value = serde_json::from_str(text).map_err(|error| stored(&error))?;
        if !value.is_object() {
            return Err(RuleError::Stored("it is no object".to_owned()));
        }
        drop_nulls(&mut value);
        let rules: Rules = serde_json::from_value(value).map_err(|error| stored(&error))?;
        Ok(Self { mode, rules: Some(rules) })
    }

    /// What the column `rules` keeps.
    pub fn to_stored_json(&self) -> String {
        self.to_json().to_string()
    }

    /// The rules as responses show them.
    pub fn to_json(&self) -> Value {
        match (self.mode, &self.rules) {
            (Mode::Custom | Mode::Hierarchical, Some(rules)) => serde_json::json!(rules),
            (Mode::Automatic, _) | (_, None) => default::built_in_json(&default::automatic_rules()),
        }
    }
}

/// A key with null is a key that is missing. Looks two levels deep, which is all that rules have.
fn drop_nulls(value: &mut Value) {
    let Value::Object(rules) = value else { return };
    rules.retain(|_, value| !value.is_null());
    for value in rules.values_mut() {
        if let Value::Object(inner) = value {
            inner.retain(|_, value| !value.is_null());
        }
    }
}
