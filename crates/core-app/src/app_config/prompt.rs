//! The prompt of an app: one text in simple mode, messages or a whole text in advanced mode.

use core_model_runtime::Role;
use serde::Deserialize;
use serde_json::Value;

use super::ConfigDocument;

#[derive(Debug, Clone)]
pub enum PromptConfig {
    /// `pre_prompt`, to which the engine adds context, history and query.
    Simple {
        pre_prompt: String,
    },
    Advanced(AdvancedPrompt),
}

/// Templates that say themselves where everything goes.
#[derive(Debug, Clone, Default)]
pub struct AdvancedPrompt {
    pub chat: Vec<TemplateMessage>,
    pub completion: String,
    pub prefixes: HistoryPrefixes,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateMessage {
    pub role: Role,
    pub text: String,
}

/// How past turns are written in a text prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HistoryPrefixes {
    #[serde(rename = "user_prefix")]
    pub user: String,
    #[serde(rename = "assistant_prefix")]
    pub assistant: String,
}

impl Default for HistoryPrefixes {
    fn default() -> Self {
        Self { user: "Human".to_owned(), assistant: "Assistant".to_owned() }
    }
}

impl PromptConfig {
    pub(super) fn read(document: &ConfigDocument) -> Self {
        if document.text("prompt_type") != Some("advanced") {
            return Self::Simple { pre_prompt: document.text("pre_prompt").unwrap_or_default().to_owned() };
        }
        let chat = document.get("chat_prompt_config").and_then(|c| c.get("prompt")).and_then(Value::as_array);
        let completion = document.get("completion_prompt_config");
        let prefixes = completion.and_then(|c| c.get("conversation_histories_role"));
        Self::Advanced(AdvancedPrompt {
            chat: chat.into_iter().flatten().filter_map(template_message).collect(),
            completion: completion.and_then(|c| c.get("prompt")?.get("text")?.as_str()).unwrap_or_default().to_owned(),
            prefixes: prefixes.and_then(|p| HistoryPrefixes::deserialize(p).ok()).unwrap_or_default(),
        })
    }
}

fn template_message(value: &Value) -> Option<TemplateMessage> {
    let role = match value.get("role")?.as_str()? {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    Some(TemplateMessage { role, text: value.get("text")?.as_str()?.to_owned() })
}
