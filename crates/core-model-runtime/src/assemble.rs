//! From deltas to what callers see: reasoning in tags, tool calls whole, fences stripped.

mod fence;
mod think;
mod tool_calls;

use crate::capability::Delta;
use crate::chat::{ChatChunk, FinishReason};
use crate::message::ToolCall;
use crate::usage::TokenCount;

pub(crate) use fence::{Fence, wrap_prompt};
use think::Think;
use tool_calls::Merger;

#[derive(Default)]
pub(crate) struct Assembler {
    think: Think,
    tool_calls: Merger,
    fence: Option<Fence>,
    finish: Option<FinishReason>,
    tokens: Option<TokenCount>,
    /// Everything the model wrote, for counting when the upstream does not.
    written: String,
}

/// What is left when the upstream is done.
pub(crate) struct Rest {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub finish: Option<FinishReason>,
    pub tokens: Option<TokenCount>,
    pub written: String,
}

impl Assembler {
    pub(crate) fn new(fence: Option<Fence>) -> Self {
        Self { fence, ..Self::default() }
    }

    /// Takes one delta in; `None` when there is nothing to show yet.
    pub(crate) fn push(&mut self, delta: Delta) -> Option<ChatChunk> {
        self.tokens = merged(self.tokens, delta.tokens);
        self.finish = delta.finish.or(self.finish);
        self.written.push_str(&delta.reasoning);
        self.written.push_str(&delta.text);
        let mut text = String::new();
        if !delta.reasoning.is_empty() {
            self.think.reasoning(&delta.reasoning, &mut text);
        }
        if !delta.text.is_empty() {
            self.think.close(&mut text);
            let plain = match &mut self.fence {
                Some(fence) => fence.strip(&delta.text),
                None => delta.text,
            };
            if text.is_empty() { text = plain } else { text.push_str(&plain) }
        }
        for part in delta.tool_calls {
            self.think.close(&mut text);
            self.written.push_str(&part.name);
            self.written.push_str(&part.arguments);
            self.tool_calls.push(part);
        }
        // The upstream has finished its calls when it says why it stops.
        let tool_calls = if delta.finish.is_some() { self.tool_calls.take() } else { Vec::new() };
        if text.is_empty() && tool_calls.is_empty() {
            return None;
        }
        Some(ChatChunk { text, tool_calls, finish_reason: None, usage: None })
    }

    pub(crate) fn finish(mut self) -> Rest {
        let mut text = String::new();
        self.think.close(&mut text);
        if let Some(fence) = self.fence.take() {
            text.push_str(&fence.rest());
        }
        Rest {
            text,
            tool_calls: self.tool_calls.take(),
            finish: self.finish,
            tokens: self.tokens,
            written: self.written,
        }
    }
}

/// Counts may come in parts: the prompt first, the completion later. Later numbers replace earlier ones.
fn merged(known: Option<TokenCount>, new: Option<TokenCount>) -> Option<TokenCount> {
    match (known, new) {
        (Some(known), Some(new)) => Some(TokenCount {
            prompt: if new.prompt > 0 { new.prompt } else { known.prompt },
            completion: if new.completion > 0 { new.completion } else { known.completion },
        }),
        (known, new) => new.or(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::ToolCallPart;

    fn text(text: &str) -> Delta {
        Delta { text: text.to_owned(), ..Delta::default() }
    }

    fn reasoning(text: &str) -> Delta {
        Delta { reasoning: text.to_owned(), ..Delta::default() }
    }

    fn check(deltas: Vec<Delta>, expected: &str) {
        let mut assembler = Assembler::new(None);
        let mut all = String::new();
        for delta in deltas {
            all.push_str(&assembler.push(delta).unwrap_or_default().text);
        }
        all.push_str(&assembler.finish().text);
        assert_eq!(all, expected);
    }

    #[test]
    fn reasoning_is_one_block() {
        check(vec![reasoning("a"), reasoning("b"), text("c")], "<think>\nab\n</think>c");
        check(vec![reasoning("a")], "<think>\na\n</think>");
        check(vec![text("a"), text("b")], "ab");
        check(vec![reasoning("a"), text("b"), reasoning("c"), text("d")], "<think>\na\n</think>bd");
        let call = Delta { tool_calls: vec![ToolCallPart::default()], ..Delta::default() };
        check(vec![reasoning("a"), call], "<think>\na\n</think>");
    }

    #[test]
    fn tool_calls_come_whole_with_the_finish() {
        let part = |id: &str, name: &str, arguments: &str| Delta {
            tool_calls: vec![ToolCallPart {
                index: Some(0),
                id: id.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
            }],
            ..Delta::default()
        };
        let mut assembler = Assembler::new(None);
        assert!(assembler.push(part("c1", "f", "{\"a\"")).is_none());
        assert!(assembler.push(part("", "", ":1}")).is_none());
        let finish = Delta { finish: Some(FinishReason::ToolCalls), ..Delta::default() };
        let calls = assembler.push(finish).unwrap().tool_calls;
        assert_eq!(calls, [ToolCall { id: "c1".into(), name: "f".into(), arguments: "{\"a\":1}".into() }]);
        let rest = assembler.finish();
        assert!(rest.tool_calls.is_empty());
        assert_eq!(rest.finish, Some(FinishReason::ToolCalls));
    }

    #[test]
    fn counts_are_merged() {
        let tokens = |prompt, completion| Some(TokenCount { prompt, completion });
        assert_eq!(merged(tokens(5, 1), tokens(0, 9)), tokens(5, 9));
        assert_eq!(merged(None, tokens(1, 2)), tokens(1, 2));
        assert_eq!(merged(tokens(1, 2), None), tokens(1, 2));
    }
}
