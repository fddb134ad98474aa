//! Past turns of a conversation inside a prompt.

use core_model_runtime::{ContentPart, PromptMessage};

use crate::app_config::HistoryPrefixes;
use crate::prompt::user_message;

/// A question and its answer.
#[derive(Debug, Clone, Default)]
pub struct PastTurn {
    pub query: String,
    pub files: Vec<ContentPart>,
    pub answer: String,
}

impl PastTurn {
    /// The turn as two messages.
    pub(super) fn messages(&self) -> [PromptMessage; 2] {
        [user_message(self.query.clone(), &self.files), PromptMessage::assistant(self.answer.clone())]
    }
}

/// The turns as lines of text; pictures are named, not shown.
pub(super) fn as_text(turns: &[PastTurn], prefixes: &HistoryPrefixes) -> String {
    let mut lines = Vec::with_capacity(turns.len() * 2);
    for turn in turns {
        let pictures = turn.files.iter().filter(|f| matches!(f, ContentPart::Image { .. })).count();
        let marks = "\n[image]".repeat(pictures);
        lines.push(format!("{}: {}{marks}", prefixes.user, turn.query));
        lines.push(format!("{}: {}", prefixes.assistant, turn.answer));
    }
    lines.join("\n")
}
