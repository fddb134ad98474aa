//! What a list of messages asks: the last question, what went before, and what the system says.

use services::earlier_turns::EarlierTurn;

use crate::openai::request::{ChatMessage, Content, Role};

#[derive(Debug)]
pub(crate) struct Asked {
    /// All system messages, one after the other.
    pub(crate) system: Option<String>,
    pub(crate) earlier: Vec<EarlierTurn>,
    pub(crate) question: Content,
}

impl Asked {
    /// Reads the messages; `None` where the last one is no user's. Several messages of one side in a row are one; what
    /// tools of the client said belongs to nobody's turn.
    pub(crate) fn read(mut messages: Vec<ChatMessage>) -> Option<Self> {
        let last = messages.pop().filter(|message| message.role == Role::User)?;
        let (mut system, mut earlier, mut open) = (Vec::new(), Vec::new(), EarlierTurn::empty());
        for message in messages {
            let text = message.content.text();
            match message.role {
                Role::System => system.push(text),
                Role::Tool => {}
                Role::User => {
                    if !open.answer.is_empty() {
                        earlier.push(std::mem::replace(&mut open, EarlierTurn::empty()));
                    }
                    append(&mut open.query, &text);
                }
                Role::Assistant => append(&mut open.answer, &text),
            }
        }
        // Questions that were never answered belong to the last one.
        let mut question = last.content;
        if !open.answer.is_empty() {
            earlier.push(open);
        } else if !open.query.is_empty() {
            question.0.insert(0, crate::openai::request::Part::Text { text: open.query });
        }
        let system = system.join("\n");
        Some(Self { system: Some(system).filter(|text| !text.trim().is_empty()), earlier, question })
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(messages: Value) -> Option<Asked> {
        Asked::read(serde_json::from_value(messages).unwrap())
    }

    fn turn(query: &str, answer: &str) -> EarlierTurn {
        EarlierTurn { query: query.to_owned(), answer: answer.to_owned() }
    }

    #[test]
    fn messages_become_turns() {
        let asked = read(json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "1"},
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": "Two"},
            {"role": "user", "content": [{"type": "text", "text": "and three"}]},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "content": "ignored", "tool_call_id": "x"},
            {"role": "assistant", "content": "2 and 3"},
            {"role": "user", "content": "Four"},
        ]))
        .unwrap();
        assert_eq!(asked.system.as_deref(), Some("Be brief.\nBe kind."));
        assert_eq!(asked.earlier, [turn("One", "1"), turn("Two\nand three", "2 and 3")]);
        assert_eq!(asked.question.text(), "Four");
    }

    #[test]
    fn an_unanswered_question_is_asked_with_the_last_one() {
        let asked = read(json!([{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}])).unwrap();
        assert_eq!((asked.earlier.len(), asked.question.text().as_str()), (0, "One\nTwo"));
    }

    #[test]
    fn an_answer_without_a_question_is_a_turn() {
        let asked =
            read(json!([{"role": "assistant", "content": "Welcome"}, {"role": "user", "content": "Hi"}])).unwrap();
        assert_eq!(asked.earlier, [turn("", "Welcome")]);
    }

    #[test]
    fn somebody_has_to_ask() {
        assert!(read(json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])).is_none());
        assert!(read(json!([{"role": "system", "content": "Hi"}])).is_none());
    }
}
