//! A conversation's answer as its message keeps it.

use bigdecimal::BigDecimal;
use chrono::Utc;
use core_model_runtime::Usage;
use core_workflow::event::Totals;
use models::MessageStatus;
use models::message::MessageEnd;
use serde_json::{Value as Json, json};

use crate::engine::prices;
use crate::prompt::answer_to_save;

pub(super) struct SavedAnswer {
    text: String,
    metadata: String,
    usage: Usage,
    status: MessageStatus,
    error: Option<String>,
    /// Seconds.
    latency: f64,
}

impl SavedAnswer {
    pub(super) fn new(text: &str, usage: &Usage, resources: &[Json], latency: f64) -> Self {
        Self {
            text: answer_to_save(text),
            metadata: json!({"annotation_reply": null, "retriever_resources": resources, "usage": usage}).to_string(),
            usage: usage.clone(),
            status: MessageStatus::Normal,
            error: None,
            latency,
        }
    }

    /// What a person wrote, or nothing; no workflow was run. `annotation`: as metadata show it.
    pub(super) fn without_run(text: &str, annotation: Option<&Json>, latency: f64) -> Self {
        let usage = Usage::empty();
        let metadata = json!({"annotation_reply": annotation, "retriever_resources": [], "usage": usage}).to_string();
        Self { metadata, ..Self::new(text, &usage, &[], latency) }
    }

    /// The run has failed.
    pub(super) fn failed(self, error: String) -> Self {
        Self { status: MessageStatus::Error, error: Some(error), ..self }
    }

    /// The run waits; there may be more of the answer.
    pub(super) fn paused(self) -> Self {
        Self { status: MessageStatus::Paused, ..self }
    }

    pub(super) fn row(&self) -> MessageEnd<'_> {
        let tokens = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        MessageEnd {
            message: json!([]),
            message_tokens: tokens(self.usage.prompt_tokens),
            message_unit_price: prices::unit_price(&self.usage.prompt_unit_price),
            message_price_unit: prices::price(&self.usage.prompt_price_unit),
            answer: &self.text,
            answer_tokens: tokens(self.usage.completion_tokens),
            answer_unit_price: prices::unit_price(&self.usage.completion_unit_price),
            answer_price_unit: prices::price(&self.usage.completion_price_unit),
            provider_response_latency: self.latency,
            total_price: prices::price(&BigDecimal::clone(&self.usage.total_price)),
            currency: &self.usage.currency,
            status: self.status,
            error: self.error.as_deref(),
            message_metadata: Some(&self.metadata),
            updated_at: Utc::now().naive_utc(),
        }
    }
}

/// Models' usage of the whole run, in the form of the message modes.
pub(super) fn usage(totals: &Totals) -> Usage {
    let used = &totals.usage;
    let count = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
    if used.total_tokens == 0 {
        return Usage::empty();
    }
    Usage {
        prompt_tokens: count(used.prompt_tokens),
        prompt_unit_price: used.prompt_unit_price.clone(),
        prompt_price_unit: used.prompt_price_unit.clone(),
        prompt_price: used.prompt_price.clone(),
        completion_tokens: count(used.completion_tokens),
        completion_unit_price: used.completion_unit_price.clone(),
        completion_price_unit: used.completion_price_unit.clone(),
        completion_price: used.completion_price.clone(),
        total_tokens: count(used.total_tokens),
        total_price: used.total_price.clone(),
        currency: used.currency.clone(),
        latency: used.latency,
        time_to_first_token: used.time_to_first_token,
        time_to_generate: used.time_to_generate,
    }
}
