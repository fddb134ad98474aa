//! `response_format` by prompt: the values `JSON` and `XML` ask for a fenced block and give back its content.

use serde_json::Value;

use crate::chat::ChatRequest;
use crate::message::{ContentPart, MessageContent, PromptMessage, Role};

const MARK: &str = "```";
/// What follows an opening mark on its line is a language name when it is not longer than this.
const MAX_TAG: usize = 16;

/// Asks for a block of the format named by the `response_format` parameter, which is consumed. Native values
/// (`json_object`, `json_schema`, `text`) are left to the provider.
pub(crate) fn wrap_prompt(request: &mut ChatRequest) -> Option<Fence> {
    let format = match request.parameters.get("response_format").and_then(Value::as_str) {
        Some(format @ ("JSON" | "XML")) => format.to_owned(),
        Some(_) | None => return None,
    };
    request.parameters.shift_remove("response_format");
    instruct(&mut request.messages, &format);
    open_block(&mut request.messages, &format);
    if request.stop.len() < 4 {
        request.stop.push(format!("\n{MARK}"));
    }
    Some(Fence::default())
}

fn instruct(messages: &mut Vec<PromptMessage>, format: &str) {
    let rule = format!(
        "Answer with one valid {format} block and nothing else. \
         The block starts after the opening {MARK}{format} fence of the user's message and ends with {MARK}."
    );
    match messages.first_mut() {
        Some(PromptMessage { role: Role::System, content: MessageContent::Text(text), .. }) => {
            *text = format!("{rule}\n\n{text}");
        }
        Some(_) | None => messages.insert(0, PromptMessage::system(rule)),
    }
}

fn open_block(messages: &mut Vec<PromptMessage>, format: &str) {
    let opening = format!("\n{MARK}{format}\n");
    let last_text = messages.iter_mut().rev().find(|message| message.role == Role::User).and_then(|message| {
        match &mut message.content {
            MessageContent::Text(text) => Some(text),
            MessageContent::Parts(parts) => parts.iter_mut().rev().find_map(|part| match part {
                ContentPart::Text(text) => Some(text),
                ContentPart::Image { .. }
                | ContentPart::Audio(_)
                | ContentPart::Video(_)
                | ContentPart::Document(_) => None,
            }),
        }
    });
    match last_text {
        Some(text) => text.push_str(&opening),
        None => messages.push(PromptMessage::user(opening)),
    }
}

/// Removes an opening fence, and everything from the closing fence on, from streamed text.
#[derive(Default)]
pub(crate) struct Fence {
    state: State,
    held: String,
}

#[derive(Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Inside,
    Done,
}

impl Fence {
    pub(crate) fn strip(&mut self, text: &str) -> String {
        if self.state == State::Done {
            return String::new();
        }
        self.held.push_str(text);
        if self.state == State::Start && !self.skip_opening() {
            return String::new();
        }
        self.inside()
    }

    /// The end: a half mark is ordinary text after all.
    pub(crate) fn rest(mut self) -> String {
        match self.state {
            State::Done => String::new(),
            State::Inside => self.held,
            State::Start => {
                self.held = self.held.trim_start().to_owned();
                if self.held.starts_with(MARK) { String::new() } else { self.held }
            }
        }
    }

    /// `true` when it is decided whether there is an opening mark.
    fn skip_opening(&mut self) -> bool {
        let trimmed = self.held.trim_start();
        if trimmed.len() < MARK.len() && MARK.starts_with(trimmed) {
            return false;
        }
        let content = match trimmed.strip_prefix(MARK) {
            None => trimmed,
            Some(after) => {
                let tag_end = after.find(|c: char| !c.is_ascii_alphanumeric());
                match tag_end.and_then(|end| after.split_at_checked(end)) {
                    None if after.len() <= MAX_TAG => return false,
                    None => after,
                    Some((_tag, "\r")) => return false,
                    Some((_tag, rest)) => rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest),
                }
            }
        };
        self.held = content.to_owned();
        self.state = State::Inside;
        true
    }

    /// Lets everything pass that cannot be part of a closing mark.
    fn inside(&mut self) -> String {
        if let Some((content, _after)) = self.held.split_once(MARK) {
            let content = content.strip_suffix('\n').unwrap_or(content).to_owned();
            self.state = State::Done;
            self.held.clear();
            return content;
        }
        let safe = self.held.trim_end_matches('`').trim_end_matches(['\n', '\r']).len();
        let tail = self.held.split_off(safe);
        std::mem::replace(&mut self.held, tail)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whole, and cut at every character.
    fn check(input: &str, expected: &str) {
        let run = |pieces: Vec<String>| {
            let mut fence = Fence::default();
            let mut out: String = pieces.iter().map(|piece| fence.strip(piece)).collect();
            out.push_str(&fence.rest());
            out
        };
        assert_eq!(run(vec![input.to_owned()]), expected, "{input:?}");
        assert_eq!(run(input.chars().map(String::from).collect()), expected, "{input:?} in pieces");
    }

    #[test]
    fn fences_are_removed() {
        check("{\"a\": 1}", "{\"a\": 1}");
        check("{\"a\": 1}\n```", "{\"a\": 1}");
        check("```json\n{\"a\": 1}\n```\nDone.", "{\"a\": 1}");
        check("```\n<a/>\n```", "<a/>");
        check(" \n```JSON\r\n{}```", "{}");
        check("a `b` c", "a `b` c");
        check("a\nb``", "a\nb``");
        check("```json", "");
    }

    #[test]
    fn the_prompt_asks_for_a_block() {
        let mut request = ChatRequest {
            messages: vec![PromptMessage::system("Be kind."), PromptMessage::user("List.")],
            ..ChatRequest::default()
        };
        assert!(wrap_prompt(&mut request).is_none());
        request.parameters.insert("response_format".into(), json!("json_object"));
        assert!(wrap_prompt(&mut request).is_none());
        request.parameters.insert("response_format".into(), json!("JSON"));
        assert!(wrap_prompt(&mut request).is_some());
        assert!(request.parameters.is_empty());
        assert!(request.messages[0].text().ends_with("Be kind."));
        assert_eq!(request.messages[1].text(), "List.\n```JSON\n");
        assert_eq!(request.stop, ["\n```"]);
    }
}
