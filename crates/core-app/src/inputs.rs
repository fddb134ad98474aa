//! What a person filled in, held against the form of the app.

use serde_json::{Map, Value};

use crate::app_config::{Variable, VariableKind};
use crate::error::GenerateError;

/// The declared variables with their values; undeclared ones are gone, unset ones are null.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs(pub Map<String, Value>);

impl Inputs {
    /// Checks the given values.
    pub fn check(variables: &[Variable], given: &Map<String, Value>) -> Result<Self, GenerateError> {
        let mut checked = Map::new();
        // What an extension fills in, nobody else does.
        for variable in variables.iter().filter(|variable| variable.kind != VariableKind::ExternalDataTool) {
            checked.insert(variable.name.clone(), check(variable, given.get(&variable.name))?);
        }
        Ok(Self(checked))
    }

    /// A value as it is written into a prompt.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| match value {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        })
    }
}

fn invalid<T>(message: String) -> Result<T, GenerateError> {
    Err(GenerateError::InvalidParam(message))
}

fn check(variable: &Variable, given: Option<&Value>) -> Result<Value, GenerateError> {
    let name = &variable.name;
    let Some(value) = given.filter(|v| !v.is_null()) else {
        if variable.required {
            return invalid(format!("{name} is required in input form"));
        }
        let default = variable.default.clone().filter(|d| d.as_str() != Some(""));
        return Ok(default.unwrap_or(Value::Null));
    };
    match variable.kind {
        VariableKind::TextInput | VariableKind::Paragraph | VariableKind::ExternalDataTool => text(variable, value),
        VariableKind::Select => select(variable, value),
        VariableKind::Number => number(variable, value),
        VariableKind::Checkbox => checkbox(variable, value),
        VariableKind::JsonObject if value.is_object() => Ok(value.clone()),
        VariableKind::JsonObject => invalid(format!("{name} in input form must be a JSON object")),
        VariableKind::File if value.is_object() => Ok(value.clone()),
        VariableKind::FileList if value.is_array() => file_list(variable, value),
        VariableKind::File | VariableKind::FileList if value.as_str() == Some("") && !variable.required => {
            Ok(Value::Null)
        }
        VariableKind::File => invalid(format!("{name} in input form must be a file")),
        VariableKind::FileList => invalid(format!("{name} in input form must be a list of files")),
    }
}

fn text(variable: &Variable, value: &Value) -> Result<Value, GenerateError> {
    let name = &variable.name;
    let Some(text) = value.as_str() else {
        return invalid(format!("(type '{name}') {name} in input form must be a string"));
    };
    let text = text.replace('\0', "");
    if let Some(limit) = variable.max_length
        && text.chars().count() > limit
    {
        return invalid(format!("{name} in input form must be less than {limit} characters"));
    }
    Ok(Value::String(text))
}

fn select(variable: &Variable, value: &Value) -> Result<Value, GenerateError> {
    let name = &variable.name;
    let Some(text) = value.as_str() else {
        return invalid(format!("(type '{name}') {name} in input form must be a string"));
    };
    if !variable.options.iter().any(|o| o == text) {
        return invalid(format!("{name} in input form must be one of the following: {:?}", variable.options));
    }
    Ok(Value::String(text.to_owned()))
}

fn number(variable: &Variable, value: &Value) -> Result<Value, GenerateError> {
    let bad = || invalid(format!("{} in input form must be a valid number", variable.name));
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::String(s) if s.trim().is_empty() => Ok(Value::Null),
        Value::String(s) => {
            if let Ok(whole) = s.trim().parse::<i64>() {
                return Ok(Value::from(whole));
            }
            match s.trim().parse::<f64>() {
                Ok(fraction) if fraction.is_finite() => Ok(Value::from(fraction)),
                _ => bad(),
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => bad(),
    }
}

fn checkbox(variable: &Variable, value: &Value) -> Result<Value, GenerateError> {
    let truth = match value {
        Value::Bool(b) => Some(*b),
        Value::Number(n) => match n.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(s) => match s.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match truth {
        Some(b) => Ok(Value::Bool(b)),
        None => invalid(format!("{} in input form must be a valid boolean value", variable.name)),
    }
}

fn file_list(variable: &Variable, value: &Value) -> Result<Value, GenerateError> {
    let name = &variable.name;
    let items = value.as_array().map_or(0, Vec::len);
    if let Some(limit) = variable.max_length
        && items > limit
    {
        return invalid(format!("{name} in input form must be less than {limit} files"));
    }
    if value.as_array().is_some_and(|files| !files.iter().all(Value::is_object)) {
        return invalid(format!("{name} in input form must be a list of files"));
    }
    Ok(value.clone())
}

#[cfg(test)]
mod tests {
    use models::AppMode;
    use serde_json::json;

    use super::*;
    use crate::app_config::{AppConfig, ConfigDocument};

    fn run(form: Value, given: Value) -> Result<Value, String> {
        let mut document = ConfigDocument::default();
        document.set("user_input_form", form);
        let config = AppConfig::read(AppMode::Chat, document);
        Inputs::check(&config.variables, given.as_object().unwrap())
            .map(|i| Value::Object(i.0))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn values_are_checked_and_coerced() {
        let cases = [
            (
                json!([{"text-input": {"variable": "v", "max_length": 3}}]),
                json!({"v": "a\u{0}b", "other": 1}),
                Ok(json!({"v": "ab"})),
            ),
            (json!([{"text-input": {"variable": "v", "max_length": 3}}]), json!({"v": "äöüß"}), Err("less than 3")),
            (json!([{"paragraph": {"variable": "v"}}]), json!({"v": 5}), Err("must be a string")),
            (
                json!([{"paragraph": {"variable": "v", "required": true}}]),
                json!({}),
                Err("v is required in input form"),
            ),
            (
                json!([{"paragraph": {"variable": "v", "required": true}}]),
                json!({"v": null}),
                Err("v is required in input form"),
            ),
            (json!([{"paragraph": {"variable": "v", "required": true}}]), json!({"v": ""}), Ok(json!({"v": ""}))),
            (json!([{"paragraph": {"variable": "v", "default": "d"}}]), json!({}), Ok(json!({"v": "d"}))),
            (json!([{"paragraph": {"variable": "v", "default": ""}}]), json!({}), Ok(json!({"v": null}))),
            (json!([{"select": {"variable": "v", "options": ["a"]}}]), json!({"v": "b"}), Err("one of the following")),
            (json!([{"select": {"variable": "v", "options": ["a"]}}]), json!({"v": ""}), Err("one of the following")),
            (json!([{"number": {"variable": "v"}}]), json!({"v": " 4.5 "}), Ok(json!({"v": 4.5}))),
            (json!([{"number": {"variable": "v"}}]), json!({"v": "7"}), Ok(json!({"v": 7}))),
            (json!([{"number": {"variable": "v"}}]), json!({"v": ""}), Ok(json!({"v": null}))),
            (json!([{"number": {"variable": "v"}}]), json!({"v": "NaN"}), Err("valid number")),
            (json!([{"checkbox": {"variable": "v"}}]), json!({"v": "On"}), Ok(json!({"v": true}))),
            (json!([{"checkbox": {"variable": "v"}}]), json!({"v": 2}), Err("boolean")),
            (json!([{"json_object": {"variable": "v"}}]), json!({"v": []}), Err("JSON object")),
            (json!([{"external_data_tool": {"variable": "v", "required": true}}]), json!({"v": "mine"}), Ok(json!({}))),
        ];
        for (form, given, expected) in cases {
            match (run(form.clone(), given.clone()), expected) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{form}"),
                (Err(got), Err(want)) => assert!(got.contains(want), "{form}: {got}"),
                (got, want) => panic!("{form} {given}: got {got:?}, want {want:?}"),
            }
        }
    }
}
