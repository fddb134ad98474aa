//! Rendering scripts in the vendors' formats.

use serde_json::{Value, json};

use crate::ollama;
use crate::script::{Misbehave, Script};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Chat,
    Completion,
    Anthropic,
    OllamaChat,
    OllamaGenerate,
}

impl Protocol {
    /// Ollama streams unless told not to, and sends lines of JSON.
    pub(crate) fn streams_unasked(self) -> bool {
        matches!(self, Self::OllamaChat | Self::OllamaGenerate)
    }

    /// Of a stream.
    pub(crate) fn content_type(self) -> &'static str {
        if self.streams_unasked() { "application/x-ndjson" } else { "text/event-stream" }
    }
}

pub(crate) const MODEL: &str = "stub-model";

/// The events of a streamed reply, each a complete piece of event-stream text, without what comes last.
pub(crate) fn events(script: &Script, protocol: Protocol) -> Vec<Vec<u8>> {
    let mut events = match protocol {
        Protocol::Chat => chat_events(script),
        Protocol::Completion => completion_events(script),
        Protocol::Anthropic => anthropic_events(script),
        Protocol::OllamaChat | Protocol::OllamaGenerate => ollama::lines(script, protocol),
    };
    if script.misbehave == Some(Misbehave::CrlfAndComments) {
        for event in &mut events {
            *event = format!(": keep-alive\r\n\r\n{}", event.replace('\n', "\r\n"));
        }
    }
    events.into_iter().map(String::into_bytes).collect()
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

pub(crate) fn halves(text: &str) -> (String, String) {
    let middle = text.chars().count() / 2;
    (text.chars().take(middle).collect(), text.chars().skip(middle).collect())
}

fn usage(script: &Script) -> Value {
    let completion = script.completion_tokens();
    json!({
        "prompt_tokens": script.prompt_tokens, "completion_tokens": completion,
        "total_tokens": usize::try_from(script.prompt_tokens).unwrap_or_default() + completion,
    })
}

fn chat_chunk(delta: &Value, finish: Option<&str>) -> String {
    data(&json!({
        "id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
    }))
}

fn chat_events(script: &Script) -> Vec<String> {
    let mut events = vec![chat_chunk(&json!({"role": "assistant", "content": ""}), None)];
    if let Some(reasoning) = &script.reasoning {
        let (first, second) = halves(reasoning);
        events.push(chat_chunk(&json!({"reasoning_content": first, "content": null}), None));
        events.push(chat_chunk(&json!({"reasoning_content": second, "content": null}), None));
    }
    events.extend(script.chunks.iter().map(|text| chat_chunk(&json!({"content": text}), None)));
    for (index, call) in script.tool_calls.iter().enumerate() {
        let (first, second) = halves(&call.arguments);
        let start = json!({"index": index, "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": ""}});
        events.push(chat_chunk(&json!({"tool_calls": [start]}), None));
        for part in [first, second] {
            let piece = json!({"index": index, "function": {"arguments": part}});
            events.push(chat_chunk(&json!({"tool_calls": [piece]}), None));
        }
    }
    events.push(chat_chunk(&json!({}), Some(script.finish())));
    if script.usage {
        events.push(data(&json!({
            "id": "chatcmpl-stub", "object": "chat.completion.chunk", "model": MODEL, "choices": [],
            "usage": usage(script),
        })));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn completion_events(script: &Script) -> Vec<String> {
    let piece = |text: &str, finish: Option<&str>| {
        data(&json!({
            "id": "cmpl-stub", "object": "text_completion", "model": MODEL,
            "choices": [{"index": 0, "text": text, "finish_reason": finish}],
        }))
    };
    let mut events: Vec<String> = script.chunks.iter().map(|text| piece(text, None)).collect();
    events.push(piece("", Some(script.finish())));
    if script.usage {
        events.push(data(&json!({"object": "text_completion", "choices": [], "usage": usage(script)})));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn anthropic_event(name: &str, mut value: Value) -> String {
    if let Some(object) = value.as_object_mut() {
        object.insert("type".to_owned(), name.into());
    }
    format!("event: {name}\n{}", data(&value))
}

fn anthropic_events(script: &Script) -> Vec<String> {
    let (input, output) = if script.usage { (script.prompt_tokens, script.completion_tokens()) } else { (0, 0) };
    let mut events = vec![
        anthropic_event(
            "message_start",
            json!({"message": {
                "id": "msg_stub", "type": "message", "role": "assistant", "model": MODEL, "content": [],
                "usage": {"input_tokens": input, "output_tokens": 0},
            }}),
        ),
        anthropic_event("ping", json!({})),
    ];
    let mut index = 0;
    let mut block = |events: &mut Vec<String>, start: Value, deltas: Vec<Value>| {
        events.push(anthropic_event("content_block_start", json!({"index": index, "content_block": start})));
        let deltas = deltas.into_iter().map(|delta| json!({"index": index, "delta": delta}));
        events.extend(deltas.map(|delta| anthropic_event("content_block_delta", delta)));
        events.push(anthropic_event("content_block_stop", json!({"index": index})));
        index += 1;
    };
    if let Some(reasoning) = &script.reasoning {
        let (first, second) = halves(reasoning);
        let delta = |text: String| json!({"type": "thinking_delta", "thinking": text});
        let mut deltas = vec![delta(first), delta(second)];
        deltas.push(json!({"type": "signature_delta", "signature": "c3R1Yg=="}));
        block(&mut events, json!({"type": "thinking", "thinking": ""}), deltas);
    }
    if !script.chunks.is_empty() {
        let deltas = script.chunks.iter().map(|text| json!({"type": "text_delta", "text": text})).collect();
        block(&mut events, json!({"type": "text", "text": ""}), deltas);
    }
    for call in &script.tool_calls {
        let (first, second) = halves(&call.arguments);
        let delta = |text: String| json!({"type": "input_json_delta", "partial_json": text});
        let start = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
        block(&mut events, start, vec![delta(first), delta(second)]);
    }
    events.push(anthropic_event(
        "message_delta",
        json!({
            "delta": {"stop_reason": anthropic_stop(script), "stop_sequence": null}, "usage": {"output_tokens": output},
        }),
    ));
    events.push(anthropic_event("message_stop", json!({})));
    events
}

fn anthropic_stop(script: &Script) -> &str {
    match script.finish() {
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        _ => "end_turn",
    }
}

/// The reply in one piece.
pub(crate) fn whole(script: &Script, protocol: Protocol) -> String {
    let text = script.chunks.concat();
    let mut reply = match protocol {
        Protocol::OllamaChat | Protocol::OllamaGenerate => return ollama::whole(script, protocol),
        Protocol::Chat => {
            let calls: Vec<Value> = script
                .tool_calls
                .iter()
                .map(|call| {
                    let function = json!({"name": call.name, "arguments": call.arguments});
                    json!({"id": call.id, "type": "function", "function": function})
                })
                .collect();
            let mut message = json!({"role": "assistant", "content": text});
            if let (Some(object), false) = (message.as_object_mut(), calls.is_empty()) {
                object.insert("tool_calls".to_owned(), calls.into());
            }
            if let (Some(object), Some(reasoning)) = (message.as_object_mut(), &script.reasoning) {
                object.insert("reasoning_content".to_owned(), reasoning.as_str().into());
            }
            json!({
                "id": "chatcmpl-stub", "object": "chat.completion", "model": MODEL,
                "choices": [{"index": 0, "message": message, "finish_reason": script.finish()}],
            })
        }
        Protocol::Completion => json!({
            "id": "cmpl-stub", "object": "text_completion", "model": MODEL,
            "choices": [{"index": 0, "text": text, "finish_reason": script.finish()}],
        }),
        Protocol::Anthropic => {
            let mut content = Vec::new();
            if let Some(reasoning) = &script.reasoning {
                content.push(json!({"type": "thinking", "thinking": reasoning, "signature": "c3R1Yg=="}));
            }
            if !text.is_empty() {
                content.push(json!({"type": "text", "text": text}));
            }
            for call in &script.tool_calls {
                let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                content.push(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input}));
            }
            json!({
                "id": "msg_stub", "type": "message", "role": "assistant", "model": MODEL, "content": content,
                "stop_reason": anthropic_stop(script),
            })
        }
    };
    if let (Some(object), true) = (reply.as_object_mut(), script.usage) {
        let usage = match protocol {
            Protocol::Chat | Protocol::Completion | Protocol::OllamaChat | Protocol::OllamaGenerate => usage(script),
            Protocol::Anthropic => {
                json!({"input_tokens": script.prompt_tokens, "output_tokens": script.completion_tokens()})
            }
        };
        object.insert("usage".to_owned(), usage);
    }
    reply.to_string()
}
