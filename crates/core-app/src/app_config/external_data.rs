//! Variables of a prompt that somebody else's API fills in.

use serde_json::Value;
use uuid::Uuid;

use super::ConfigDocument;

/// A variable, and who knows its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalDataTool {
    pub variable: String,
    /// `api` is the one that can be asked.
    pub kind: String,
    /// An extension of the workspace; `None` where the configuration names none.
    pub extension: Option<Uuid>,
}

impl ExternalDataTool {
    /// The tools of `external_data_tools` that are on, and the items of the form that nobody fills in.
    pub(super) fn read_all(document: &ConfigDocument) -> Vec<Self> {
        let list = |key: &str| document.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let switched = list("external_data_tools")
            .iter()
            .filter(|tool| tool.get("enabled").and_then(Value::as_bool) == Some(true));
        let in_form = list("user_input_form").iter().filter_map(|item| item.get("external_data_tool"));
        let mut tools: Vec<Self> = Vec::new();
        for tool in switched.chain(in_form).filter_map(Self::read) {
            if !tools.iter().any(|known| known.variable == tool.variable) {
                tools.push(tool);
            }
        }
        tools
    }

    fn read(tool: &Value) -> Option<Self> {
        let text = |key: &str| tool.get(key).and_then(Value::as_str);
        let variable = text("variable").filter(|name| !name.is_empty())?.to_owned();
        let config = tool.get("config")?;
        let id = config.get("api_based_extension_id").and_then(Value::as_str);
        let kind = text("type").unwrap_or_default().to_owned();
        Some(Self { variable, kind, extension: id.and_then(|id| id.parse().ok()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_places_are_read_and_no_variable_twice() {
        let id = Uuid::nil();
        let tool = |name: &str, on: bool| json!({"enabled": on, "type": "api", "variable": name, "config": {"api_based_extension_id": id}});
        let mut document = ConfigDocument::default();
        document.set("external_data_tools", json!([tool("a", true), tool("off", false), 5, {"enabled": true}]));
        document.set(
            "user_input_form",
            json!([{"paragraph": {"variable": "p"}}, {"external_data_tool": tool("a", true)}, {"external_data_tool": tool("b", false)}]),
        );
        let names: Vec<String> = ExternalDataTool::read_all(&document).into_iter().map(|tool| tool.variable).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
