//! What a model is told of a conversation so far.

use core_model_runtime::{AiModel, ParameterRule, PromptMessage, Runtime, Template};
use models::message::{NO_PARENT, PastMessage};
use serde_json::{Map, Value};

use crate::prompt::PastTurn;

/// Messages that are looked at, at most.
pub(crate) const MOST_MESSAGES: i64 = 500;

/// Budget in tokens where a model's context size is unknown.
const UNKNOWN_CONTEXT_BUDGET: u32 = 2000;

/// Room that is always left for the answer.
const LEAST_ANSWER: u32 = 16;

/// The branch of a conversation's tree that ends at `last` (or at the newest message), oldest first. `newest_first` are
/// all its messages. A message whose parent is nil follows whatever precedes it; one without a parent is a root.
pub(crate) fn thread(newest_first: Vec<PastMessage>, last: Option<uuid::Uuid>) -> Vec<PastMessage> {
    let mut branch = Vec::new();
    let mut wanted = last.filter(|id| *id != NO_PARENT);
    for message in newest_first {
        if wanted.is_some_and(|id| id != message.id.0) {
            continue;
        }
        let parent = message.parent_message_id;
        branch.push(message);
        match parent {
            None => break,
            Some(NO_PARENT) => wanted = None,
            Some(id) => wanted = Some(id),
        }
    }
    // Turns that failed before they said anything teach a model nothing.
    branch.retain(|m| !m.answer.is_empty());
    branch.reverse();
    branch
}

/// The size limits of a model, in tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    context: Option<u32>,
    max_tokens: u32,
}

impl Budget {
    pub(crate) fn of(schema: &AiModel, parameters: &Map<String, Value>) -> Self {
        // A value may stand under the model's own name for it or under the usual one.
        let given = |name: &str| parameters.get(name).and_then(Value::as_u64);
        let max_tokens = max_tokens_rule(schema).and_then(|name| given(name).or_else(|| given("max_tokens")));
        Self {
            context: schema.model_properties.context_size(),
            max_tokens: u32::try_from(max_tokens.unwrap_or(0)).unwrap_or(u32::MAX),
        }
    }

    /// Tokens left for past turns beside the prompt.
    fn for_history(self, prompt_tokens: u32) -> u32 {
        self.context
            .map_or(UNKNOWN_CONTEXT_BUDGET, |size| size.saturating_sub(self.max_tokens).saturating_sub(prompt_tokens))
    }

    /// `max_tokens` if it has to be lowered to fit the prompt into the context.
    fn lowered(self, prompt_tokens: u32) -> Option<u32> {
        let context = self.context?;
        (prompt_tokens.saturating_add(self.max_tokens) > context)
            .then(|| context.saturating_sub(prompt_tokens).max(LEAST_ANSWER))
    }
}

/// The parameter that limits the answer, as this model calls it.
fn max_tokens_rule(schema: &AiModel) -> Option<&str> {
    let limits = |rule: &&ParameterRule| {
        rule.use_template == Some(Template::MaxTokens)
            || matches!(rule.name.as_str(), "max_tokens" | "max_completion_tokens")
    };
    schema.parameter_rules.iter().find(limits).map(|rule| rule.name.as_str())
}

/// Drops the oldest turns until the rest fits beside `prompt`; the newest turn stays.
pub(crate) fn cut(
    runtime: &Runtime,
    budget: Budget,
    prompt: &[PromptMessage],
    mut turns: Vec<PastTurn>,
) -> Vec<PastTurn> {
    // A token has at least one byte: where the bytes fit, nothing needs counting.
    let all_bytes: usize = bytes(prompt) + turns.iter().map(|t| t.query.len() + t.answer.len()).sum::<usize>();
    let whole = budget.for_history(0);
    if u32::try_from(all_bytes).is_ok_and(|b| b <= whole) {
        return turns;
    }
    let room = budget.for_history(runtime.count_tokens(prompt));
    let sizes: Vec<u32> = turns
        .iter()
        .map(|t| runtime.count_text_tokens(&t.query).saturating_add(runtime.count_text_tokens(&t.answer)))
        .collect();
    let mut total = sizes.iter().fold(0_u32, |sum, size| sum.saturating_add(*size));
    let mut dropped = 0;
    for size in &sizes {
        if total <= room || dropped + 1 >= turns.len() {
            break;
        }
        total = total.saturating_sub(*size);
        dropped += 1;
    }
    turns.drain(..dropped);
    turns
}

/// Lowers the limit of the answer where prompt and answer would not fit together.
pub(crate) fn fit_answer(
    runtime: &Runtime,
    schema: &AiModel,
    budget: Budget,
    prompt: &[PromptMessage],
    parameters: &mut Map<String, Value>,
) {
    let Some(rule) = max_tokens_rule(schema) else { return };
    let upper = u32::try_from(bytes(prompt)).unwrap_or(u32::MAX);
    if budget.max_tokens == 0 || budget.lowered(upper).is_none() {
        return;
    }
    if let Some(lowered) = budget.lowered(runtime.count_tokens(prompt)) {
        parameters.insert(rule.to_owned(), Value::from(lowered));
    }
}

fn bytes(messages: &[PromptMessage]) -> usize {
    // Roles and separators count a few tokens per message.
    messages.iter().map(|m| m.texts().map(str::len).sum::<usize>() + 8).sum()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use models::MessageId;
    use uuid::Uuid;

    use super::*;

    fn message(id: u128, parent: Option<u128>) -> PastMessage {
        PastMessage {
            id: MessageId(Uuid::from_u128(id)),
            parent_message_id: parent.map(Uuid::from_u128),
            query: format!("q{id}"),
            answer: format!("a{id}"),
            created_at: DateTime::UNIX_EPOCH.naive_utc(),
        }
    }

    fn ids(messages: Vec<PastMessage>) -> Vec<u128> {
        messages.iter().map(|m| m.id.0.as_u128()).collect()
    }

    #[test]
    fn nil_parents_make_a_line() {
        let all = vec![message(3, Some(0)), message(2, Some(0)), message(1, Some(0))];
        assert_eq!(ids(thread(all, Some(NO_PARENT))), [1, 2, 3]);
    }

    #[test]
    fn a_branch_leaves_its_sisters_out() {
        // 1 <- 2, and 2' = 3 was regenerated from 1; 4 follows 3.
        let all = || vec![message(4, Some(3)), message(3, Some(1)), message(2, Some(1)), message(1, None)];
        assert_eq!(ids(thread(all(), Some(Uuid::from_u128(4)))), [1, 3, 4]);
        assert_eq!(ids(thread(all(), Some(Uuid::from_u128(2)))), [1, 2]);
        assert_eq!(ids(thread(all(), None)), [1, 3, 4]);
        assert_eq!(ids(thread(all(), Some(Uuid::from_u128(99)))), Vec::<u128>::new());
    }

    #[test]
    fn the_limit_of_an_answer_goes_by_its_template() {
        let schema: AiModel = serde_json::from_value(serde_json::json!({
            "model": "m", "label": "M", "model_type": "llm", "model_properties": {"mode": "chat", "context_size": 1000},
            "parameter_rules": [{"name": "temperature"}, {"name": "max_output_tokens", "use_template": "max_tokens"}],
        }))
        .unwrap();
        for (given, expected) in [("max_output_tokens", 300), ("max_tokens", 300), ("other", 0)] {
            let parameters: Map<String, Value> = [(given.to_owned(), Value::from(300))].into_iter().collect();
            assert_eq!(Budget::of(&schema, &parameters).max_tokens, expected, "{given}");
        }
    }

    #[test]
    fn the_contracts_budget_vectors() {
        let budget = Budget { context: Some(8192), max_tokens: 1024 };
        assert_eq!(budget.for_history(500), 6668);
        let budget = Budget { context: Some(4096), max_tokens: 512 };
        assert_eq!(budget.lowered(4090), Some(16));
        assert_eq!(budget.lowered(100), None);
        assert_eq!(Budget { context: None, max_tokens: 0 }.for_history(9), 2000);
    }
}
