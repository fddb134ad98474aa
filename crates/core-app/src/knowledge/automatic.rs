//! Conditions on documents that a model reads from the question.

use core_model_runtime::{ChatRequest, ModelRef, PromptMessage, Usage};
use serde_json::{Map, Value, json};

use super::Models;
use super::conditions::{Conditions, Written};
use crate::error::GenerateError;

/// What the model reads, and what that cost.
pub(super) struct Read {
    pub conditions: Conditions,
    pub usage: Usage,
}

/// Asks the model which of the fields the question restricts. `parameters`: the model's own settings.
pub(super) async fn read(
    models: &Models,
    model: &ModelRef,
    mut parameters: Map<String, Value>,
    fields: &[String],
    query: &str,
    any: bool,
) -> Result<Read, GenerateError> {
    parameters.remove("stop");
    let names = Value::from(fields.to_vec());
    let instruction = format!(
        "Documents have these metadata fields: {names}. Extract from the question below what it says about them. \
         Answer with nothing but a JSON object, {{\"metadata_map\": [{{\"metadata_field_name\": \"<a field>\", \
         \"metadata_field_value\": \"<a value>\", \"comparison_operator\": \"<an operator>\"}}]}}. Operators are: \
         contains, not contains, start with, end with, is, is not, empty, not empty, =, ≠, >, <, ≥, ≤, before, after. \
         The list is empty when the question says nothing about the fields."
    );
    let messages = vec![PromptMessage::system(instruction), PromptMessage::user(query)];
    let request = ChatRequest { messages, parameters, ..ChatRequest::default() };
    let reply = models.runtime().chat(model, request).await?;
    Ok(Read { conditions: Conditions { any, list: parse(&reply.text, fields) }, usage: reply.usage })
}

/// The conditions in a reply; prose, fences and small mistakes around them do no harm, and unknown fields are left out.
fn parse(reply: &str, fields: &[String]) -> Vec<Written> {
    let Some(object) = core_workflow::first_object(reply) else { return Vec::new() };
    let entries = object.get("metadata_map").and_then(Value::as_array);
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let written = entries.into_iter().flatten().filter_map(|entry| {
        let name = text(entry, "metadata_field_name").filter(|name| fields.contains(name))?;
        let operator = text(entry, "comparison_operator")?;
        let value = entry.get("metadata_field_value").cloned().unwrap_or(Value::Null);
        Some(Written { name, operator, value: json!(value) })
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_with_patience() {
        let fields = ["year".to_owned(), "author".to_owned()];
        let reply = "Sure!\n```json\n{'metadata_map': [{\"metadata_field_name\": \"year\", \"metadata_field_value\": 2020, \"comparison_operator\": \">\"},\n {\"metadata_field_name\": \"colour\", \"metadata_field_value\": \"red\", \"comparison_operator\": \"is\"},]}\n```";
        let read = parse(reply, &fields);
        assert_eq!(read.len(), 1, "{read:?}");
        assert_eq!((read[0].name.as_str(), &read[0].value), ("year", &json!(2020)));
        assert!(parse("I cannot do that.", &fields).is_empty());
        assert!(parse("{\"metadata_map\": \"none\"}", &fields).is_empty());
    }
}
