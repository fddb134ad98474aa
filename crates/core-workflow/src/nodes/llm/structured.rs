//! Answers that are objects of a schema.

use serde_json::Value as Json;

use crate::capabilities::{ContentPart, Message, Role};
use crate::node::NodeError;
use crate::nodes::model;
use crate::value::Value;

/// Tells a model that does not hold itself to schemas what its answer has to look like.
pub(super) fn ask_for(messages: &mut Vec<Message>, schema: &Json) {
    let instruction = format!(
        "Answer with one JSON object and nothing else: no explanation, no Markdown. The object has to be valid under \
         the JSON Schema between the <schema> tags. Take every value from the conversation; where it says nothing, \
         use null if the schema allows it.\n<schema>\n{schema}\n</schema>"
    );
    match messages.first_mut().filter(|message| message.role == Role::System) {
        Some(system) => system.content.push(ContentPart::Text(instruction)),
        None => messages.insert(0, Message::text(Role::System, instruction)),
    }
}

/// The object of an answer.
pub(super) fn read(text: &str) -> Result<Value, NodeError> {
    match model::answer_object(text) {
        Some(object) => Ok(Value::plain(Json::Object(object))),
        None => Err(NodeError::new("OutputParserError", format!("Failed to parse structured output: {text}"))),
    }
}
