//! From our requests to the messages API.

use serde_json::{Map, Value};

use crate::capability::ChatCall;
use crate::message::{ContentPart, Media, MediaSource, MessageContent, PromptMessage, Role};
use crate::providers::anthropic::wire::{Block, Body, Message, Metadata, Source, Thinking, Tool};

const DEFAULT_MAX_TOKENS: u64 = 4096;
const MIN_THINKING_BUDGET: u64 = 1024;
/// What is put first when the conversation does not begin with the user.
const OPENING: &str = "Hello.";

/// The request body, or why the prompt cannot be expressed.
pub(super) fn body(call: &ChatCall, stream: bool) -> Result<Body<'_>, String> {
    let request = &call.request;
    let mut parameters = request.parameters.clone();
    let max_tokens = take_number(&mut parameters, "max_tokens").unwrap_or(DEFAULT_MAX_TOKENS);
    let thinking = thinking(&mut parameters, max_tokens)?;
    if takes_one_sampling_parameter(&call.model.model) && parameters.contains_key("temperature") {
        parameters.shift_remove("top_p");
    }
    let system: Vec<String> = texts_of(&request.messages, Role::System).collect();
    Ok(Body {
        model: &call.model.model,
        messages: messages(&request.messages)?,
        system: system.join("\n"),
        max_tokens,
        stream,
        parameters,
        // The API refuses stop sequences without a visible character.
        stop_sequences: request.stop.iter().map(String::as_str).filter(|stop| !stop.trim().is_empty()).collect(),
        thinking,
        tools: request
            .tools
            .iter()
            .map(|tool| Tool { name: &tool.name, description: &tool.description, input_schema: &tool.parameters })
            .collect(),
        metadata: request.user.as_deref().map(|user_id| Metadata { user_id }),
    })
}

fn texts_of(messages: &[PromptMessage], role: Role) -> impl Iterator<Item = String> {
    messages.iter().filter(move |message| message.role == role).map(PromptMessage::text).filter(|text| !text.is_empty())
}

/// Newer models refuse a temperature together with top_p.
fn takes_one_sampling_parameter(model: &str) -> bool {
    ["-4-1", "-4-5", "-4-6"].iter().any(|generation| model.contains(generation))
}

fn take_number(parameters: &mut Map<String, Value>, name: &str) -> Option<u64> {
    parameters.shift_remove(name)?.as_u64()
}

/// Thinking excludes the sampling parameters.
fn thinking(parameters: &mut Map<String, Value>, max_tokens: u64) -> Result<Option<Thinking>, String> {
    let wanted = parameters.shift_remove("thinking").and_then(|value| value.as_bool()).unwrap_or(false);
    let budget_tokens = take_number(parameters, "thinking_budget").unwrap_or(MIN_THINKING_BUDGET);
    if !wanted {
        return Ok(None);
    }
    if budget_tokens >= max_tokens {
        return Err(format!("the thinking budget ({budget_tokens}) must be less than max_tokens ({max_tokens})"));
    }
    for name in ["temperature", "top_p", "top_k"] {
        parameters.shift_remove(name);
    }
    Ok(Some(Thinking { kind: "enabled", budget_tokens }))
}

/// Neighbours of the same role become one message; tool results are the user's.
fn messages(prompt: &[PromptMessage]) -> Result<Vec<Message<'_>>, String> {
    let mut messages: Vec<Message<'_>> = Vec::with_capacity(prompt.len());
    for message in prompt {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let blocks = blocks(message)?;
        if blocks.is_empty() {
            continue;
        }
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            Some(_) | None => messages.push(Message { role, content: blocks }),
        }
    }
    if messages.first().is_none_or(|first| first.role != "user") {
        messages.insert(0, Message { role: "user", content: vec![Block::Text { text: OPENING.into() }] });
    }
    Ok(messages)
}

fn blocks(message: &PromptMessage) -> Result<Vec<Block<'_>>, String> {
    if message.role == Role::Tool {
        let tool_use_id = message.tool_call_id.as_deref().unwrap_or_default();
        return Ok(vec![Block::ToolResult { tool_use_id, content: message.text() }]);
    }
    let mut blocks = Vec::new();
    match &message.content {
        // The API refuses blank text.
        MessageContent::Text(text) if text.trim().is_empty() => {}
        // It also refuses white space at the end of a last assistant message.
        MessageContent::Text(text) if message.role == Role::Assistant => {
            blocks.push(Block::Text { text: text.trim_end().into() });
        }
        MessageContent::Text(text) => blocks.push(Block::Text { text: text.into() }),
        MessageContent::Parts(parts) => {
            for part in parts {
                blocks.extend(block(part)?);
            }
        }
    }
    for call in &message.tool_calls {
        let input = serde_json::from_str(&call.arguments)
            .map_err(|error| format!("the arguments of the call to {} are not valid JSON: {error}", call.name))?;
        blocks.push(Block::ToolUse { id: &call.id, name: &call.name, input });
    }
    Ok(blocks)
}

fn block(part: &ContentPart) -> Result<Option<Block<'_>>, String> {
    Ok(Some(match part {
        ContentPart::Text(text) if text.trim().is_empty() => return Ok(None),
        ContentPart::Text(text) => Block::Text { text: text.into() },
        ContentPart::Image { media, detail: _ } => Block::Image { source: source(media) },
        ContentPart::Document(media) => Block::Document { source: source(media), title: &media.filename },
        ContentPart::Audio(media) | ContentPart::Video(media) => {
            return Err(format!("files of type {} are not supported", media.mime_type));
        }
    }))
}

fn source(media: &Media) -> Source<'_> {
    match &media.source {
        MediaSource::Base64(data) => Source::Base64 { media_type: &media.mime_type, data },
        MediaSource::Url(url) => Source::Url { url },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::chat::{ChatRequest, ModelRef};
    use crate::message::{ImageDetail, ToolCall};

    fn call(request: ChatRequest) -> ChatCall {
        let schema = json!({"model": "claude", "label": "C", "model_type": "llm"});
        ChatCall {
            model: ModelRef {
                tenant: uuid::Uuid::nil(),
                provider: "anthropic".parse().unwrap(),
                model: "claude".to_owned(),
                credentials: Arc::default(),
            },
            schema: Arc::new(serde_json::from_value(schema).unwrap()),
            request,
        }
    }

    fn check(messages: Vec<PromptMessage>, expected: Value) {
        let call = call(ChatRequest { messages, ..ChatRequest::default() });
        let found = serde_json::to_value(body(&call, true).unwrap()).unwrap();
        assert_eq!(found, expected);
    }

    fn text(text: &str) -> Value {
        json!({"type": "text", "text": text})
    }

    #[test]
    fn roles_are_arranged() {
        check(
            vec![
                PromptMessage::system("a"),
                PromptMessage::user("1"),
                PromptMessage::user("2"),
                PromptMessage::assistant("3 "),
                PromptMessage::system("b"),
                PromptMessage::user(" "),
            ],
            json!({
                "model": "claude", "max_tokens": 4096, "stream": true, "system": "a\nb",
                "messages": [
                    {"role": "user", "content": [text("1"), text("2")]},
                    {"role": "assistant", "content": [text("3")]},
                ],
            }),
        );
        check(
            vec![PromptMessage::assistant("x")],
            json!({
                "model": "claude", "max_tokens": 4096, "stream": true,
                "messages": [
                    {"role": "user", "content": [text("Hello.")]},
                    {"role": "assistant", "content": [text("x")]},
                ],
            }),
        );
    }

    #[test]
    fn tools_and_files() {
        let calls = vec![ToolCall { id: "c".into(), name: "f".into(), arguments: "{\"a\":1}".into() }];
        let image = Media {
            format: "png".into(),
            source: MediaSource::Base64("AA".into()),
            mime_type: "image/png".into(),
            filename: "i.png".into(),
        };
        let pdf = Media { mime_type: "application/pdf".into(), filename: "d.pdf".into(), ..image.clone() };
        let parts = vec![ContentPart::Image { media: image, detail: ImageDetail::Low }, ContentPart::Document(pdf)];
        check(
            vec![
                PromptMessage::user_parts(parts),
                PromptMessage::assistant_tool_calls("", calls),
                PromptMessage::tool("c", "42"),
                PromptMessage::user("go on"),
            ],
            json!({
                "model": "claude", "max_tokens": 4096, "stream": true,
                "messages": [
                    {"role": "user", "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
                        {"type": "document", "title": "d.pdf",
                         "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"}},
                    ]},
                    {"role": "assistant", "content": [
                        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
                    {"role": "user", "content": [
                        {"type": "tool_result", "tool_use_id": "c", "content": "42"}, text("go on")]},
                ],
            }),
        );
    }

    #[test]
    fn thinking_replaces_sampling() {
        let parameters = |value: Value| {
            let Value::Object(parameters) = value else { panic!() };
            call(ChatRequest { parameters, messages: vec![PromptMessage::user("u")], ..ChatRequest::default() })
        };
        let given = json!({"thinking": true, "thinking_budget": 2000, "max_tokens": 3000, "temperature": 0.5});
        let on = parameters(given);
        let found = serde_json::to_value(body(&on, false).unwrap()).unwrap();
        assert_eq!(found["thinking"], json!({"type": "enabled", "budget_tokens": 2000}));
        assert!(found.get("temperature").is_none());
        let off = parameters(json!({"thinking": false, "thinking_budget": 2000, "temperature": 0.5}));
        let found = serde_json::to_value(body(&off, false).unwrap()).unwrap();
        assert_eq!((found.get("thinking"), &found["temperature"]), (None, &json!(0.5)));
        let too_much = parameters(json!({"thinking": true, "thinking_budget": 3000, "max_tokens": 3000}));
        assert!(body(&too_much, false).is_err());
    }
}
