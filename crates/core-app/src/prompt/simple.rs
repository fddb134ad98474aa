//! Simple mode: the builder writes one text, the platform puts everything else around it, in the order context,
//! builder's text, history, query.

use core_model_runtime::PromptMessage;

use crate::app_config::HistoryPrefixes;
use crate::prompt::history::as_text;
use crate::prompt::template::{Template, without_places};
use crate::prompt::{Prompt, Question, user_message};

pub(super) fn for_chat_model(pre_prompt: &str, question: &Question<'_>) -> Prompt {
    let text = instructions(pre_prompt, question, None);
    let mut messages = Vec::with_capacity(2 + question.history.len() * 2);
    if !text.is_empty() && !question.query.is_empty() {
        messages.push(PromptMessage::system(text.clone()));
    }
    messages.extend(question.history.iter().flat_map(|turn| turn.messages()));
    let last = if question.query.is_empty() { text } else { question.query.to_owned() };
    messages.push(user_message(last, &question.files));
    Prompt { messages, stop: Vec::new() }
}

pub(super) fn for_completion_model(pre_prompt: &str, question: &Question<'_>, is_chat: bool) -> Prompt {
    let prefixes = HistoryPrefixes::default();
    if !is_chat {
        let text = instructions(pre_prompt, question, None) + question.query;
        return Prompt { messages: vec![user_message(text, &question.files)], stop: Vec::new() };
    }
    let history = as_text(&question.history, &prefixes);
    let mut text = instructions(pre_prompt, question, Some(&history));
    text.push_str(&format!("\n\n{}: {}\n\n{}: ", prefixes.user, question.query, prefixes.assistant));
    let stop = vec![format!("\n{}:", prefixes.user), "</histories>".to_owned()];
    Prompt { messages: vec![user_message(text, &question.files)], stop }
}

fn instructions(pre_prompt: &str, question: &Question<'_>, history: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(context) = question.context {
        text.push_str("What follows inside <context></context> XML tags is knowledge that you have learned; answer from it.\n\n<context>\n");
        text.push_str(&without_places(context));
        text.push_str("\n</context>\n\nWhen you answer:\n- If you do not know, say that you do not know.\n- If you are unsure what is meant, ask.\n- Do not mention that you were given this context.\n- Answer in the language of the question.\n\n");
    }
    if !pre_prompt.is_empty() {
        text.push_str(&Template(pre_prompt).fill(|name| question.inputs.text(name)));
        text.push('\n');
    }
    if let Some(history) = history.filter(|h| !h.is_empty()) {
        text.push_str("\nWhat was said so far is inside <histories></histories> XML tags.\n\n<histories>\n");
        text.push_str(history);
        text.push_str("\n</histories>\n");
    }
    text
}
