//! Switches around the answer.

use serde_json::Value;

use super::ConfigDocument;

/// A feature that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Toggle(pub bool);

impl Toggle {
    fn read(document: &ConfigDocument, key: &str, default: bool) -> Self {
        Self(document.get(key).and_then(|v| v.get("enabled")).map_or(default, |v| v.as_bool().unwrap_or(false)))
    }
}

#[derive(Debug, Clone, Default)]
pub struct Features {
    pub opening_statement: Option<String>,
    pub suggested_questions: Vec<String>,
    pub suggested_questions_after_answer: Toggle,
    /// Citations; on when nothing is stored.
    pub retriever_resource: Toggle,
    pub more_like_this: Toggle,
}

impl Features {
    pub(super) fn read(document: &ConfigDocument) -> Self {
        let questions = document.get("suggested_questions").and_then(Value::as_array);
        Self {
            opening_statement: document.text("opening_statement").filter(|t| !t.is_empty()).map(str::to_owned),
            suggested_questions: questions.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            suggested_questions_after_answer: Toggle::read(document, "suggested_questions_after_answer", false),
            retriever_resource: Toggle::read(document, "retriever_resource", true),
            more_like_this: Toggle::read(document, "more_like_this", false),
        }
    }
}
