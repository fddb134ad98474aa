//! From the messages API's replies to deltas.

use crate::capability::{Delta, ToolCallPart};
use crate::chat::FinishReason;
use crate::error::InvokeError;
use crate::providers::anthropic::wire::{Event, Reply, ReplyBlock, WireUsage};
use crate::transport::{Decode, ErrorBody, Step, from_error_object};
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
        let event: Event<'_> = serde_json::from_str(data).map_err(|error| InvokeError::Connection {
            provider: self.provider.clone(),
            message: format!("the stream is not understood: {error}"),
        })?;
        let delta = match &*event.kind {
            "content_block_delta" => block_delta(event),
            "content_block_start" => match event.content_block {
                Some(start) => block(start, event.index, BlockInput::InDeltas),
                None => return Ok(Step::Skip),
            },
            "message_start" => {
                let usage = event.message.and_then(|message| message.usage);
                Delta { tokens: usage.map(tokens), ..Delta::default() }
            }
            "message_delta" => Delta {
                finish: event.delta.and_then(|delta| delta.stop_reason).map(|reason| finish_reason(&reason)),
                tokens: event.usage.map(tokens),
                ..Delta::default()
            },
            "message_stop" => return Ok(Step::Done),
            "error" => {
                let error = event.error.unwrap_or_else(|| ErrorBody::Text(data.to_owned()));
                return Err(from_error_object(&self.provider, error));
            }
            // `ping`, `content_block_stop` and what may be added one day.
            _ => return Ok(Step::Skip),
        };
        self.finished |= delta.finish.is_some();
        Ok(Step::Delta(delta))
    }

    fn may_end(&self) -> bool {
        self.finished
    }
}

fn block_delta(event: Event<'_>) -> Delta {
    let wire = event.delta.unwrap_or_default();
    let part = wire.partial_json.filter(|json| !json.is_empty()).map(|arguments| ToolCallPart {
        index: event.index,
        arguments,
        ..ToolCallPart::default()
    });
    Delta {
        text: wire.text.unwrap_or_default(),
        reasoning: wire.thinking.unwrap_or_default(),
        tool_calls: part.into_iter().collect(),
        finish: None,
        tokens: None,
    }
}

#[derive(PartialEq, Eq)]
enum BlockInput {
    Whole,
    /// In streams a tool call begins with an empty input; the real one follows in pieces.
    InDeltas,
}

fn block(block: ReplyBlock, index: Option<u32>, input: BlockInput) -> Delta {
    let mut delta = Delta::default();
    match block.kind.as_str() {
        "text" => delta.text = block.text.unwrap_or_default(),
        "thinking" => delta.reasoning = block.thinking.unwrap_or_default(),
        "tool_use" => delta.tool_calls.push(ToolCallPart {
            index,
            id: block.id.unwrap_or_default(),
            name: block.name.unwrap_or_default(),
            arguments: match block.input {
                Some(raw) if input == BlockInput::Whole => raw.get().to_owned(),
                Some(_) | None => String::new(),
            },
        }),
        _ => {}
    }
    delta
}

/// A whole reply.
pub(super) fn reply(reply: Reply) -> Delta {
    let mut whole = Delta {
        finish: reply.stop_reason.map(|reason| finish_reason(&reason)),
        tokens: reply.usage.map(tokens),
        ..Delta::default()
    };
    for (content, index) in reply.content.into_iter().zip(0..) {
        let delta = block(content, Some(index), BlockInput::Whole);
        whole.text.push_str(&delta.text);
        whole.reasoning.push_str(&delta.reasoning);
        whole.tool_calls.extend(delta.tool_calls);
    }
    whole
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// Cached prompt tokens are prompt tokens.
fn tokens(usage: WireUsage) -> TokenCount {
    let prompt = [usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens];
    TokenCount {
        prompt: prompt.into_iter().flatten().fold(0, u32::saturating_add),
        completion: usage.output_tokens.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expected: Step) {
        assert_eq!(Events::new("anthropic").event("", data).unwrap(), expected, "{data}");
    }

    #[test]
    fn recorded_events() {
        check(
            r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
            Step::Delta(Delta { tokens: Some(TokenCount { prompt: 15, completion: 1 }), ..Delta::default() }),
        );
        check(
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
            Step::Delta(Delta { text: "Hi".to_owned(), ..Delta::default() }),
        );
        check(
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            Step::Delta(Delta { reasoning: "hm".to_owned(), ..Delta::default() }),
        );
        check(
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
            Step::Delta(Delta {
                tool_calls: vec![ToolCallPart {
                    index: Some(1),
                    id: "t".to_owned(),
                    name: "f".to_owned(),
                    arguments: String::new(),
                }],
                ..Delta::default()
            }),
        );
        check(
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}"#,
            Step::Delta(Delta {
                finish: Some(FinishReason::ToolCalls),
                tokens: Some(TokenCount { prompt: 0, completion: 7 }),
                ..Delta::default()
            }),
        );
        check(r#"{"type":"ping"}"#, Step::Skip);
        check(r#"{"type":"content_block_stop","index":0}"#, Step::Skip);
        check(r#"{"type":"message_stop"}"#, Step::Done);
    }

    #[test]
    fn errors_inside_a_stream() {
        let event = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(Events::new("anthropic").event("error", event).unwrap_err().kind(), "server_unavailable");
    }

    #[test]
    fn a_whole_reply() {
        let json = r#"{"content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hi"},
            {"type":"tool_use","id":"t","name":"f","input":{"a":1}}],
            "stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}}"#;
        let delta = reply(serde_json::from_str(json).unwrap());
        assert_eq!((delta.text.as_str(), delta.reasoning.as_str()), ("Hi", "hm"));
        assert_eq!(delta.tool_calls[0].arguments, r#"{"a":1}"#);
        assert_eq!(delta.tokens, Some(TokenCount { prompt: 3, completion: 4 }));
    }
}
