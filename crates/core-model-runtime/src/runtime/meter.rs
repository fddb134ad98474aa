//! Metrics of one model call.

use std::time::Duration;

use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::usage::Usage;

/// Counts the call once, whatever its end; a call that is dropped counts as cancelled.
pub(crate) struct Meter {
    provider: String,
    model: String,
    outcome: &'static str,
}

impl Meter {
    pub(crate) fn new(model: &ModelRef) -> Self {
        Self { provider: model.provider.to_string(), model: model.model.clone(), outcome: "cancelled" }
    }

    pub(crate) fn first_token(&self, after: Duration) {
        metrics::histogram!("ferrify_first_token_seconds", "provider" => self.provider.clone(), "model" => self.model.clone())
            .record(after);
    }

    pub(crate) fn failed(&mut self, error: &InvokeError) {
        self.outcome = error.kind();
    }

    pub(crate) fn succeeded(&mut self, usage: &Usage) {
        self.outcome = "ok";
        self.tokens("prompt", usage.prompt_tokens);
        self.tokens("completion", usage.completion_tokens);
    }

    /// For calls that only read.
    pub(crate) fn succeeded_with_tokens(&mut self, prompt: u32) {
        self.outcome = "ok";
        self.tokens("prompt", prompt);
    }

    fn tokens(&self, direction: &'static str, count: u32) {
        metrics::counter!("ferrify_llm_tokens_total", "provider" => self.provider.clone(), "model" => self.model.clone(), "direction" => direction)
            .increment(u64::from(count));
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let (provider, model) = (std::mem::take(&mut self.provider), std::mem::take(&mut self.model));
        metrics::counter!("ferrify_llm_requests_total", "provider" => provider, "model" => model, "outcome" => self.outcome)
            .increment(1);
    }
}
