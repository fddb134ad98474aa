//! What a caller may pass to an app, as a JSON schema made from the app's form.

use core_app::app_config::{Variable, VariableKind};
use indexmap::IndexMap;
use models::AppMode;
use serde::Serialize;
use serde_json::{Map, Value};

/// The argument that is the question itself.
pub(super) const QUERY: &str = "query";
const QUERY_DESCRIPTION: &str = "User Input/Question content";

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct InputSchema {
    #[serde(rename = "type")]
    kind: &'static str,
    properties: IndexMap<String, Property>,
    required: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Property {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<String>>,
}

impl InputSchema {
    /// `descriptions` says something about variables, by their names.
    pub(super) fn new(mode: AppMode, variables: &[Variable], descriptions: &Map<String, Value>) -> Self {
        let mut schema = Self { kind: "object", properties: IndexMap::new(), required: Vec::new() };
        if mode.is_chat_family() {
            let query = Property { kind: "string", description: QUERY_DESCRIPTION.to_owned(), choices: None };
            schema.properties.insert(QUERY.to_owned(), query);
            schema.required.push(QUERY.to_owned());
        }
        for variable in variables {
            let Some(kind) = json_type(variable.kind) else { continue };
            let description = descriptions.get(&variable.name).and_then(Value::as_str).unwrap_or_default();
            let choices = (variable.kind == VariableKind::Select).then(|| variable.options.clone());
            let property = Property { kind, description: description.to_owned(), choices };
            schema.properties.insert(variable.name.clone(), property);
            if variable.required && !schema.required.contains(&variable.name) {
                schema.required.push(variable.name.clone());
            }
        }
        schema
    }
}

/// `None` for what cannot be passed as an argument.
const fn json_type(kind: VariableKind) -> Option<&'static str> {
    match kind {
        VariableKind::TextInput | VariableKind::Paragraph | VariableKind::Select => Some("string"),
        VariableKind::Number => Some("number"),
        VariableKind::Checkbox => Some("boolean"),
        VariableKind::JsonObject => Some("object"),
        VariableKind::File | VariableKind::FileList | VariableKind::ExternalDataTool => None,
    }
}

#[cfg(test)]
mod tests {
    use core_app::app_config::{AppConfig, ConfigDocument};
    use serde_json::json;

    use super::*;

    fn schema(mode: AppMode, form: &Value, descriptions: &Value) -> Value {
        let document = ConfigDocument(json!({"user_input_form": form}).as_object().unwrap().clone());
        let config = AppConfig::read(mode, document);
        serde_json::to_value(InputSchema::new(mode, &config.variables, descriptions.as_object().unwrap())).unwrap()
    }

    #[test]
    fn forms_become_schemas() {
        let form = json!([
            {"text-input": {"variable": "name", "required": true}},
            {"select": {"variable": "tone", "options": ["warm", "cold"]}},
            {"number": {"variable": "count", "required": true}},
            {"checkbox": {"variable": "loud"}},
            {"json_object": {"variable": "more"}},
            {"file": {"variable": "paper", "required": true}},
            {"file-list": {"variable": "papers"}},
        ]);
        let made = schema(AppMode::Chat, &form, &json!({"name": "Who asks", "tone": 5}));
        let expected = json!({
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "User Input/Question content"},
                "name": {"type": "string", "description": "Who asks"},
                "tone": {"type": "string", "description": "", "enum": ["warm", "cold"]},
                "count": {"type": "number", "description": ""},
                "loud": {"type": "boolean", "description": ""},
                "more": {"type": "object", "description": ""},
            },
            "required": ["query", "name", "count"],
        });
        assert_eq!(made, expected);
        assert_eq!(made["properties"].as_object().unwrap().keys().next().unwrap(), "query");
    }

    #[test]
    fn completions_have_no_question() {
        let form = json!([{"paragraph": {"variable": "query", "required": true}}]);
        let made = schema(AppMode::Completion, &form, &json!({}));
        assert_eq!(made["required"], json!(["query"]));
        assert_eq!(made["properties"], json!({"query": {"type": "string", "description": ""}}));
    }
}
