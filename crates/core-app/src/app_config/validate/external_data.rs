//! `external_data_tools` as they may be saved, and the items of a form that are such tools.

use serde_json::{Map, Value};

use super::moderation::extension_named;
use super::{ConfigError, VARIABLE_NAME, fault, list};

pub(super) fn external_data_tools(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let tools = list(config, "external_data_tools")?;
    let mut checked = Vec::with_capacity(tools.len());
    for tool in tools {
        let Some(tool) = tool.as_object() else {
            return fault("external_data_tools must be a list of objects");
        };
        let mut tool = tool.clone();
        match tool.get("enabled") {
            Some(Value::Bool(true)) => check(&tool)?,
            None | Some(Value::Null | Value::Bool(false)) => {
                tool.insert("enabled".to_owned(), Value::Bool(false));
            }
            Some(_) => return fault("enabled in external_data_tools must be of boolean type"),
        }
        checked.push(Value::Object(tool));
    }
    Ok(Value::Array(checked))
}

/// An item of a form. Without a configuration it is a field that nobody fills in.
pub(super) fn in_form(item: &Map<String, Value>) -> Result<(), ConfigError> {
    match item.get("config") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => check(item),
    }
}

fn check(tool: &Map<String, Value>) -> Result<(), ConfigError> {
    match tool.get("type").and_then(Value::as_str) {
        None | Some("") => return fault("external_data_tools[].type is required"),
        Some("api") => {}
        Some(_) => return fault("external_data_tools[].type must be in ['api']"),
    }
    if !tool.get("variable").and_then(Value::as_str).is_some_and(|name| VARIABLE_NAME.is_match(name)) {
        return fault("variable in external_data_tools must be a string, and cannot start with a number");
    }
    let Some(config) = tool.get("config").and_then(Value::as_object) else {
        return fault("config in external_data_tools must be of object type");
    };
    extension_named(config)
}
