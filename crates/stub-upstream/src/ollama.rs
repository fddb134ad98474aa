//! Scripts in Ollama's format: one JSON object per line.

use serde_json::{Map, Value, json};

use crate::reply::{MODEL, Protocol, halves};
use crate::script::Script;

/// The lines of a streamed reply.
pub(crate) fn lines(script: &Script, protocol: Protocol) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reasoning) = &script.reasoning {
        let (first, second) = halves(reasoning);
        lines.extend([first, second].map(|part| line(piece(protocol, "", Some(&part), Value::Null))));
    }
    lines.extend(script.chunks.iter().map(|text| line(piece(protocol, text, None, Value::Null))));
    if !script.tool_calls.is_empty() {
        lines.push(line(piece(protocol, "", None, calls(script))));
    }
    lines.push(line(end(script, piece(protocol, "", None, Value::Null))));
    lines
}

/// The reply in one piece.
pub(crate) fn whole(script: &Script, protocol: Protocol) -> String {
    let calls = if script.tool_calls.is_empty() { Value::Null } else { calls(script) };
    let reply = piece(protocol, &script.chunks.concat(), script.reasoning.as_deref(), calls);
    Value::Object(end(script, reply)).to_string()
}

fn line(object: Map<String, Value>) -> String {
    format!("{}\n", Value::Object(object))
}

fn piece(protocol: Protocol, text: &str, thinking: Option<&str>, calls: Value) -> Map<String, Value> {
    let mut object = Map::from_iter([
        ("model".to_owned(), json!(MODEL)),
        ("created_at".to_owned(), json!("2026-01-01T00:00:00Z")),
        ("done".to_owned(), json!(false)),
    ]);
    if protocol == Protocol::OllamaGenerate {
        object.insert("response".to_owned(), json!(text));
        object.extend(thinking.map(|thinking| ("thinking".to_owned(), json!(thinking))));
        return object;
    }
    let mut message = Map::from_iter([("role".to_owned(), json!("assistant")), ("content".to_owned(), json!(text))]);
    message.extend(thinking.map(|thinking| ("thinking".to_owned(), json!(thinking))));
    if !calls.is_null() {
        message.insert("tool_calls".to_owned(), calls);
    }
    object.insert("message".to_owned(), message.into());
    object
}

/// Calls have no ids in this format, and their arguments are objects.
fn calls(script: &Script) -> Value {
    let call = |name: &str, arguments: &str| {
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        json!({"function": {"name": name, "arguments": arguments}})
    };
    script.tool_calls.iter().map(|known| call(&known.name, &known.arguments)).collect()
}

fn end(script: &Script, mut object: Map<String, Value>) -> Map<String, Value> {
    let reason = if script.finish() == "length" { "length" } else { "stop" };
    object.insert("done".to_owned(), json!(true));
    object.insert("done_reason".to_owned(), json!(reason));
    if script.usage {
        object.insert("prompt_eval_count".to_owned(), json!(script.prompt_tokens));
        object.insert("eval_count".to_owned(), json!(script.completion_tokens()));
    }
    object
}
