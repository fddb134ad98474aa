//! From an app's prompt and a person's question to the messages that a model gets.

mod advanced;
mod history;
mod record;
mod simple;
mod starter;
mod template;

use core_model_runtime::{ContentPart, ModelMode, PromptMessage};

use crate::app_config::{AppConfig, PromptConfig};
use crate::inputs::Inputs;

pub use history::PastTurn;
pub use record::{answer_to_save, saved_prompt};
pub use starter::Starter;
pub use template::Template;

/// What goes into a prompt beside the app's own text.
#[derive(Debug, Default)]
pub struct Question<'a> {
    pub inputs: Inputs,
    /// Empty in completion apps that put everything into the inputs.
    pub query: &'a str,
    pub files: Vec<ContentPart>,
    /// Passages found in the app's datasets.
    pub context: Option<&'a str>,
    /// Oldest first, already cut to the budget.
    pub history: Vec<PastTurn>,
}

/// A prompt ready to be sent.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub messages: Vec<PromptMessage>,
    /// Stop words that the prompt itself needs; the app's own are added by the caller.
    pub stop: Vec<String>,
}

/// Assembles the prompt of an app for a model of the given kind.
pub fn assemble(config: &AppConfig, mode: ModelMode, question: &Question<'_>) -> Prompt {
    match (&config.prompt, mode) {
        (PromptConfig::Simple { pre_prompt }, ModelMode::Chat) => simple::for_chat_model(pre_prompt, question),
        (PromptConfig::Simple { pre_prompt }, ModelMode::Completion) => {
            simple::for_completion_model(pre_prompt, question, config.mode.is_chat_family())
        }
        (PromptConfig::Advanced(prompt), ModelMode::Chat) => advanced::for_chat_model(prompt, question),
        (PromptConfig::Advanced(prompt), ModelMode::Completion) => advanced::for_completion_model(prompt, question),
    }
}

/// A user's text with files before it, as providers expect them.
fn user_message(text: String, files: &[ContentPart]) -> PromptMessage {
    if files.is_empty() {
        return PromptMessage::user(text);
    }
    let mut parts = files.to_vec();
    parts.push(ContentPart::Text(text));
    PromptMessage::user_parts(parts)
}

#[cfg(test)]
mod tests;
