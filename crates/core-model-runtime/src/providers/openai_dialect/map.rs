//! From our requests to the dialect's.

use serde_json::{Map, Value, json};

use crate::capability::ChatCall;
use crate::message::{ContentPart, Media, MediaSource, MessageContent, PromptMessage, Role, Tool};
use crate::providers::openai_dialect::endpoint::{Endpoint, ToolStyle};
use crate::providers::openai_dialect::wire::{
    Body, Call, CallFunction, Content, FileData, Function, ImageUrl, Input, InputAudio, Location, Message, Offer, Part,
    StreamOptions, ToolEntry,
};
use crate::schema::ModelMode;

/// The request body, or why the prompt cannot be expressed.
pub(super) fn body<'a>(endpoint: &'a Endpoint, call: &'a ChatCall, stream: bool) -> Result<Body<'a>, String> {
    let request = &call.request;
    let parameters = parameters(endpoint, &request.parameters)?;
    let stream_options = (stream && endpoint.stream_usage).then_some(StreamOptions { include_usage: true });
    let stop = if endpoint.stop_words { request.stop.as_slice() } else { &[] };
    let (input, offer) = if mode(endpoint, call) == ModelMode::Completion {
        let prompt = request.messages.iter().map(PromptMessage::text).collect::<Vec<_>>().join("\n");
        (Input::Prompt(prompt), Offer::default())
    } else {
        let messages = request.messages.iter().map(|each| message(each, endpoint.tools)).collect::<Result<_, _>>()?;
        (Input::Messages(messages), offer(endpoint.tools, &request.tools))
    };
    let (model, user) = (endpoint.model.as_str(), request.user.as_deref());
    Ok(Body { model, input, stream, stream_options, parameters, stop, user, offer })
}

/// The tools in the style that the endpoint understands.
fn offer(style: ToolStyle, tools: &[Tool]) -> Offer<'_> {
    let functions = tools.iter().map(|tool| Function {
        name: &tool.name,
        description: &tool.description,
        parameters: &tool.parameters,
    });
    match style {
        ToolStyle::Tools => Offer {
            tool_choice: (!tools.is_empty()).then_some("auto"),
            tools: functions.map(|function| ToolEntry { kind: "function", function }).collect(),
            functions: Vec::new(),
        },
        ToolStyle::Functions => Offer { functions: functions.collect(), ..Offer::default() },
        ToolStyle::None => Offer::default(),
    }
}

/// The catalogue knows the mode of its models, the credentials that of custom ones.
pub(super) fn mode(endpoint: &Endpoint, call: &ChatCall) -> ModelMode {
    call.schema.model_properties.mode().unwrap_or(endpoint.mode)
}

fn parameters(endpoint: &Endpoint, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut wire = Map::with_capacity(given.len());
    for (name, value) in given {
        match name.as_str() {
            "max_tokens" | "max_completion_tokens" => {
                wire.insert(endpoint.length_limit.name().to_owned(), value.clone());
            }
            "response_format" => match value.as_str() {
                Some("json_schema") => {
                    let schema = json_schema(given.get("json_schema"))?;
                    wire.insert(name.clone(), json!({"type": "json_schema", "json_schema": schema}));
                }
                Some("text") | None => {}
                Some(format) => {
                    wire.insert(name.clone(), json!({"type": format}));
                }
            },
            // Only meaningful as part of the response format.
            "json_schema" => {}
            _ => {
                wire.insert(name.clone(), value.clone());
            }
        }
    }
    Ok(wire)
}

/// The parameter is text: either the whole `{"name", "schema"}` object or the bare schema.
fn json_schema(text: Option<&Value>) -> Result<Value, String> {
    let text = text.and_then(Value::as_str).ok_or("a JSON schema is required for the response format json_schema")?;
    let schema: Value =
        serde_json::from_str(text).map_err(|error| format!("the JSON schema is not valid JSON: {error}"))?;
    let whole = schema.get("schema").is_some_and(Value::is_object);
    Ok(if whole { schema } else { json!({"name": "response", "schema": schema}) })
}

fn message(message: &PromptMessage, tools: ToolStyle) -> Result<Message<'_>, String> {
    let mut wire = Message {
        role: message.role.as_str(),
        content: content(&message.content)?,
        name: message.name.as_deref().filter(|name| !name.is_empty()),
        tool_calls: Vec::new(),
        tool_call_id: None,
        function_call: None,
    };
    match (message.role, tools) {
        (Role::Assistant, ToolStyle::Tools) => {
            wire.tool_calls = message
                .tool_calls
                .iter()
                .map(|call| Call {
                    id: &call.id,
                    kind: "function",
                    function: CallFunction { name: &call.name, arguments: &call.arguments },
                })
                .collect();
            if !wire.tool_calls.is_empty() && message.text().is_empty() {
                wire.content = None;
            }
        }
        (Role::Assistant, ToolStyle::Functions) => {
            wire.function_call =
                message.tool_calls.first().map(|call| CallFunction { name: &call.name, arguments: &call.arguments });
        }
        (Role::Tool, ToolStyle::Tools) => wire.tool_call_id = message.tool_call_id.as_deref(),
        (Role::Tool, ToolStyle::Functions) => {
            wire.role = "function";
            wire.name = wire.name.or(message.tool_call_id.as_deref());
        }
        // Without tool calling the result is part of the conversation.
        (Role::Tool, ToolStyle::None) => wire.role = Role::User.as_str(),
        (Role::Assistant, ToolStyle::None) | (Role::System | Role::User, _) => {}
    }
    Ok(wire)
}

fn content(content: &MessageContent) -> Result<Option<Content<'_>>, String> {
    Ok(Some(match content {
        MessageContent::Text(text) => Content::Text(text),
        MessageContent::Parts(parts) => Content::Parts(parts.iter().map(part).collect::<Result<_, _>>()?),
    }))
}

fn part(part: &ContentPart) -> Result<Part<'_>, String> {
    Ok(match part {
        ContentPart::Text(text) => Part::Text { text },
        ContentPart::Image { media, detail } => {
            Part::ImageUrl { image_url: ImageUrl { url: media.data(), detail: detail.as_str() } }
        }
        ContentPart::Video(media) => Part::VideoUrl { video_url: Location { url: media.data() } },
        ContentPart::Audio(media) => {
            Part::InputAudio { input_audio: InputAudio { data: embedded(media)?, format: &media.format } }
        }
        ContentPart::Document(media) => {
            embedded(media)?;
            Part::File { file: FileData { filename: &media.filename, file_data: media.data() } }
        }
    })
}

/// Sound and documents have no URL form in this dialect.
fn embedded(media: &Media) -> Result<&str, String> {
    match &media.source {
        MediaSource::Base64(data) => Ok(data),
        MediaSource::Url(_) => Err(format!("the file {} must be sent as base64", media.filename)),
    }
}

#[cfg(test)]
mod tests;
