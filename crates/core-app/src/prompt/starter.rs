//! What the advanced mode begins with: the simple mode's prompt, written out with its places.
//!
//! `{{#pre_prompt#}}` is filled in by the frontend with the builder's text; `{{#context#}}`, `{{#query#}}` and
//! `{{#histories#}}` by [`super::assemble`].

use core_model_runtime::{ModelMode, Role};

use crate::app_config::HistoryPrefixes;

const PRE_PROMPT: &str = "{{#pre_prompt#}}";
const CONTEXT: &str = "What follows inside <context></context> XML tags is knowledge that you have learned; answer from it.\n\n<context>\n{{#context#}}\n</context>\n\nWhen you answer:\n- If you do not know, say that you do not know.\n- If you are unsure what is meant, ask.\n- Do not mention that you were given this context.\n- Answer in the language of the question.\n\n";
const HISTORIES: &str = "\nWhat was said so far is inside <histories></histories> XML tags.\n\n<histories>\n{{#histories#}}\n</histories>\n\n";

/// A prompt to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starter {
    /// For a model that takes messages.
    Chat { role: Role, text: String },
    /// For a model that continues a text; `prefixes` only where a conversation is written into it.
    Completion { text: String, prefixes: Option<HistoryPrefixes>, stop: Vec<String> },
}

impl Starter {
    /// `is_chat` is of the app, `mode` of the model; `has_context` where the app answers from datasets.
    pub fn new(is_chat: bool, mode: ModelMode, has_context: bool) -> Self {
        let mut text = if has_context { CONTEXT.to_owned() } else { String::new() };
        text.push_str(PRE_PROMPT);
        let prefixes = HistoryPrefixes::default();
        match mode {
            ModelMode::Chat => Self::Chat { role: if is_chat { Role::System } else { Role::User }, text },
            ModelMode::Completion => {
                let stop = vec![format!("{}:", prefixes.user)];
                if !is_chat {
                    return Self::Completion { text, prefixes: None, stop };
                }
                text.push_str(HISTORIES);
                text.push_str(&format!("\n{}: {{{{#query#}}}}\n\n{}: ", prefixes.user, prefixes.assistant));
                Self::Completion { text, prefixes: Some(prefixes), stop }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_that_the_kind_of_app_and_model_has() {
        let Starter::Chat { role, text } = Starter::new(true, ModelMode::Chat, true) else { panic!("not for chat") };
        assert_eq!(role, Role::System);
        assert!(text.contains("{{#context#}}") && text.ends_with("{{#pre_prompt#}}"));
        let Starter::Completion { text, prefixes, stop } = Starter::new(true, ModelMode::Completion, false) else {
            panic!("not for completion")
        };
        assert!(text.ends_with("Human: {{#query#}}\n\nAssistant: ") && text.contains("{{#histories#}}"));
        assert!(!text.contains("{{#context#}}"));
        assert_eq!((prefixes, stop), (Some(HistoryPrefixes::default()), vec!["Human:".to_owned()]));
        assert_eq!(
            Starter::new(false, ModelMode::Completion, false),
            Starter::Completion {
                text: "{{#pre_prompt#}}".to_owned(),
                prefixes: None,
                stop: vec!["Human:".to_owned()]
            }
        );
    }
}
