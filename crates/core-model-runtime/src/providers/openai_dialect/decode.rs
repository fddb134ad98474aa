//! From the dialect's replies to deltas.

use crate::capability::{Delta, ToolCallPart};
use crate::chat::FinishReason;
use crate::error::InvokeError;
use crate::providers::openai_dialect::wire::{Choice, Reply, WireDelta, WireUsage};
use crate::transport::{Decode, Step, from_error_object};
use crate::usage::TokenCount;

/// Reads the events of a stream.
pub(super) struct Events {
    provider: String,
    finished: bool,
}

impl Events {
    pub(super) fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), finished: false }
    }
}

impl Decode for Events {
    fn event(&mut self, _name: &str, data: &str) -> Result<Step, InvokeError> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(Step::Skip);
        }
        if data == "[DONE]" {
            return Ok(Step::Done);
        }
        let reply: Reply = serde_json::from_str(data).map_err(|error| InvokeError::Connection {
            provider: self.provider.clone(),
            message: format!("the stream is not understood: {error}"),
        })?;
        let delta = delta(&self.provider, reply)?;
        self.finished |= delta.finish.is_some();
        Ok(Step::Delta(delta))
    }

    /// Some servers close the connection instead of sending `[DONE]`.
    fn may_end(&self) -> bool {
        self.finished
    }
}

/// What a reply, or a piece of one, adds.
pub(super) fn delta(provider: &str, reply: Reply) -> Result<Delta, InvokeError> {
    if let Some(error) = reply.error {
        return Err(from_error_object(provider, error));
    }
    let mut delta = reply.choices.0.map(choice).unwrap_or_default();
    delta.tokens = reply.usage.map(tokens);
    Ok(delta)
}

fn choice(choice: Choice) -> Delta {
    let wire = choice.delta.or(choice.message).unwrap_or_default();
    let finish = choice.finish_reason.filter(|reason| !reason.is_empty());
    let mut delta = content(wire);
    delta.finish = finish.map(|reason| finish_reason(&reason));
    if let Some(text) = choice.text.filter(|text| !text.is_empty()) {
        delta.text = text;
    }
    delta
}

fn content(wire: WireDelta) -> Delta {
    let calls = wire.tool_calls.into_iter().flatten().map(|call| (call.index, call.id, call.function));
    let legacy = wire.function_call.map(|function| (Some(0), None, Some(function)));
    let tool_calls = calls.chain(legacy).map(|(index, id, function)| {
        let (name, arguments) = function.map_or((None, None), |function| (function.name, function.arguments));
        ToolCallPart {
            index,
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
        }
    });
    Delta {
        tool_calls: tool_calls.collect(),
        text: wire.content.or(wire.refusal).unwrap_or_default(),
        reasoning: wire.reasoning_content.or(wire.reasoning).unwrap_or_default(),
        finish: None,
        tokens: None,
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

fn tokens(usage: WireUsage) -> TokenCount {
    let prompt = usage.prompt_tokens.or(usage.total_tokens).unwrap_or_default();
    TokenCount { prompt, completion: usage.completion_tokens.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expected: Step) {
        assert_eq!(Events::new("openai").event("", data).unwrap(), expected, "{data}");
    }

    fn text(text: &str) -> Delta {
        Delta { text: text.to_owned(), ..Delta::default() }
    }

    #[test]
    fn recorded_events() {
        check(
            r#"{"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            Step::Delta(Delta::default()),
        );
        check(
            r#"{"choices":[{"index":0,"delta":{"content":"H\u00e9\n"},"finish_reason":null}]}"#,
            Step::Delta(text("H\u{e9}\n")),
        );
        check(
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
            Step::Delta(Delta { finish: Some(FinishReason::Length), ..Delta::default() }),
        );
        check(
            r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":0}}}"#,
            Step::Delta(Delta { tokens: Some(TokenCount { prompt: 7, completion: 3 }), ..Delta::default() }),
        );
        check(r#"{"choices":null}"#, Step::Delta(Delta::default()));
        check(r#"{"choices":[{"text":"abc","finish_reason":""}]}"#, Step::Delta(text("abc")));
        check(
            r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#,
            Step::Delta(Delta { reasoning: "hm".to_owned(), ..Delta::default() }),
        );
        check(
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
            Step::Delta(Delta {
                tool_calls: vec![ToolCallPart {
                    index: Some(0),
                    id: "c1".to_owned(),
                    name: "f".to_owned(),
                    arguments: String::new(),
                }],
                ..Delta::default()
            }),
        );
        check("[DONE]", Step::Done);
    }

    #[test]
    fn errors_inside_a_stream() {
        let error = Events::new("openai").event("", r#"{"error":{"message":"slow","type":"rate_limit_error"}}"#);
        assert_eq!(error.unwrap_err().kind(), "rate_limited");
        assert_eq!(Events::new("openai").event("", "<html>").unwrap_err().kind(), "connection");
    }

    #[test]
    fn a_stream_may_end_after_its_finish() {
        let mut events = Events::new("openai");
        assert!(!events.may_end());
        events.event("", r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#).unwrap();
        assert!(events.may_end());
    }
}
