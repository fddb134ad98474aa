//! Advanced mode: the builder's templates say themselves where context, history and query go.

use core_model_runtime::{ContentPart, MessageContent, PromptMessage, Role};

use crate::app_config::AdvancedPrompt;
use crate::prompt::history::as_text;
use crate::prompt::template::Template;
use crate::prompt::{Prompt, Question, user_message};

pub(super) fn for_chat_model(prompt: &AdvancedPrompt, question: &Question<'_>) -> Prompt {
    let mut messages = Vec::with_capacity(prompt.chat.len() + question.history.len() * 2 + 1);
    for template in &prompt.chat {
        let text = fill(&template.text, question, None);
        match template.role {
            Role::System if text.is_empty() => {}
            Role::System => messages.push(PromptMessage::system(text)),
            Role::Assistant => messages.push(PromptMessage::assistant(text)),
            Role::User | Role::Tool => messages.push(PromptMessage::user(text)),
        }
    }
    messages.extend(question.history.iter().flat_map(|turn| turn.messages()));
    if !question.query.is_empty() {
        messages.push(user_message(question.query.to_owned(), &question.files));
    } else if !question.files.is_empty() {
        attach(&mut messages, &question.files);
    }
    Prompt { messages, stop: Vec::new() }
}

/// Files without a query go to the last user message, or become one.
fn attach(messages: &mut Vec<PromptMessage>, files: &[ContentPart]) {
    match messages.iter_mut().rev().find(|m| m.role == Role::User) {
        Some(last) => {
            let mut parts = files.to_vec();
            match &last.content {
                MessageContent::Text(text) => parts.push(ContentPart::Text(text.clone())),
                MessageContent::Parts(old) => parts.extend(old.iter().cloned()),
            }
            last.content = MessageContent::Parts(parts);
        }
        None => messages.push(user_message(String::new(), files)),
    }
}

pub(super) fn for_completion_model(prompt: &AdvancedPrompt, question: &Question<'_>) -> Prompt {
    let history = as_text(&question.history, &prompt.prefixes);
    let text = fill(&prompt.completion, question, Some(&history));
    Prompt { messages: vec![user_message(text, &question.files)], stop: Vec::new() }
}

fn fill(template: &str, question: &Question<'_>, history: Option<&str>) -> String {
    Template(template).fill(|name| match name {
        "#context#" => Some(question.context.unwrap_or_default().to_owned()),
        "#query#" => Some(question.query.to_owned()),
        "#histories#" => history.map(str::to_owned),
        name => question.inputs.text(name),
    })
}
