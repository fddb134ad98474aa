//! From the protocol's lines to deltas.

use serde_json::Value;

use crate::capability::{Delta, ToolCallPart};
use crate::chat::FinishReason;
use crate::error::InvokeError;
use crate::providers::ollama::wire::{Reply, ReplyCall};
use crate::transport::{Decode, ErrorBody, Step, from_error_object};
use crate::usage::TokenCount;

/// Reads the lines of a stream.
pub(super) struct Lines {
    provider: String,
    called: bool,
    finished: bool,
}

impl Lines {
    pub(super) fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), called: false, finished: false }
    }
}

impl Decode for Lines {
    fn event(&mut self, _name: &str, data: &str) -> Result<Step, InvokeError> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(Step::Skip);
        }
        let reply: Reply = serde_json::from_str(data).map_err(|error| InvokeError::Connection {
            provider: self.provider.clone(),
            message: format!("the stream is not understood: {error}"),
        })?;
        let mut delta = delta(&self.provider, reply)?;
        self.called |= !delta.tool_calls.is_empty();
        if let Some(finish) = &mut delta.finish {
            // The line that ends a stream says "stop" whatever came before.
            if self.called && *finish == FinishReason::Stop {
                *finish = FinishReason::ToolCalls;
            }
            self.finished = true;
        }
        Ok(Step::Delta(delta))
    }

    fn may_end(&self) -> bool {
        self.finished
    }
}

/// What a line, or a whole reply, adds.
pub(super) fn delta(provider: &str, reply: Reply) -> Result<Delta, InvokeError> {
    if let Some(error) = reply.error {
        return Err(from_error_object(provider, ErrorBody::Text(error)));
    }
    let message = reply.message.unwrap_or_default();
    let tool_calls: Vec<_> = message.tool_calls.into_iter().flatten().map(call).collect();
    let finish = reply.done.then_some(match reply.done_reason.as_deref() {
        Some("length") => FinishReason::Length,
        _ if !tool_calls.is_empty() => FinishReason::ToolCalls,
        _ => FinishReason::Stop,
    });
    let counted = reply.prompt_eval_count.is_some() || reply.eval_count.is_some();
    Ok(Delta {
        text: message.content.or(reply.response).unwrap_or_default(),
        reasoning: message.thinking.or(reply.thinking).unwrap_or_default(),
        tool_calls,
        finish,
        tokens: (reply.done && counted).then(|| TokenCount {
            // Absent when the whole prompt was cached.
            prompt: reply.prompt_eval_count.unwrap_or_default(),
            completion: reply.eval_count.unwrap_or_default(),
        }),
    })
}

/// Calls come whole, and often without an id.
fn call(call: ReplyCall) -> ToolCallPart {
    let arguments = match call.function.arguments {
        Value::Null => "{}".to_owned(),
        Value::String(text) => text,
        other @ (Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_)) => other.to_string(),
    };
    ToolCallPart { index: None, id: call.id.unwrap_or_default(), name: call.function.name, arguments }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Delta> {
        let mut decoder = Lines::new("ollama");
        lines
            .iter()
            .map(|line| match decoder.event("", line).unwrap() {
                Step::Delta(delta) => delta,
                other @ (Step::Skip | Step::Done) => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn recorded_lines() {
        let deltas = read(&[
            r#"{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
            r#"{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}"#,
            r#"{"model":"m","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":5,"prompt_eval_count":26,"eval_count":3}"#,
        ]);
        assert_eq!((deltas[0].reasoning.as_str(), deltas[1].text.as_str()), ("hm", "Hi"));
        assert_eq!(deltas[2].finish, Some(FinishReason::Stop));
        assert_eq!(deltas[2].tokens, Some(TokenCount { prompt: 26, completion: 3 }));
    }

    #[test]
    fn calls_end_with_calls() {
        let deltas = read(&[
            r#"{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"g"}}]},"done":false}"#,
            r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}"#,
        ]);
        let calls: Vec<_> = deltas[0].tool_calls.iter().map(|c| (c.name.as_str(), c.arguments.as_str())).collect();
        assert_eq!(calls, [("f", r#"{"a":1}"#), ("g", "{}")]);
        assert_eq!((deltas[1].finish, deltas[1].tokens), (Some(FinishReason::ToolCalls), None));
    }

    #[test]
    fn generated_text_and_limits() {
        let deltas = read(&[r#"{"response":"x","done":true,"done_reason":"length","eval_count":1}"#]);
        assert_eq!((deltas[0].text.as_str(), deltas[0].finish), ("x", Some(FinishReason::Length)));
    }

    #[test]
    fn errors_inside_a_stream() {
        let mut lines = Lines::new("ollama");
        assert_eq!(lines.event("", r#"{"error":"out of memory"}"#).unwrap_err().kind(), "server_unavailable");
        assert_eq!(lines.event("", r#"{"message"#).unwrap_err().kind(), "connection");
        assert!(!lines.may_end());
    }
}
