//! Tokens used and what they cost.

use std::ops::Add;
use std::time::Duration;

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};

use crate::decimal;
use crate::schema::PriceConfig;

/// What one or more model calls used; the JSON form is part of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u32,
    #[serde(with = "decimal")]
    pub prompt_unit_price: BigDecimal,
    #[serde(with = "decimal")]
    pub prompt_price_unit: BigDecimal,
    #[serde(with = "decimal")]
    pub prompt_price: BigDecimal,
    pub completion_tokens: u32,
    #[serde(with = "decimal")]
    pub completion_unit_price: BigDecimal,
    #[serde(with = "decimal")]
    pub completion_price_unit: BigDecimal,
    #[serde(with = "decimal")]
    pub completion_price: BigDecimal,
    pub total_tokens: u32,
    #[serde(with = "decimal")]
    pub total_price: BigDecimal,
    pub currency: String,
    /// Seconds.
    pub latency: f64,
    pub time_to_first_token: Option<f64>,
    pub time_to_generate: Option<f64>,
}

/// Tokens as an upstream reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCount {
    pub prompt: u32,
    pub completion: u32,
}

/// How long a call took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    pub total: Duration,
    pub first_token: Option<Duration>,
}

impl Usage {
    /// No tokens, no cost.
    pub fn empty() -> Self {
        Self {
            prompt_tokens: 0,
            prompt_unit_price: decimal::nothing(),
            prompt_price_unit: decimal::nothing(),
            prompt_price: decimal::nothing(),
            completion_tokens: 0,
            completion_unit_price: decimal::nothing(),
            completion_price_unit: decimal::nothing(),
            completion_price: decimal::nothing(),
            total_tokens: 0,
            total_price: decimal::nothing(),
            currency: "USD".to_owned(),
            latency: 0.0,
            time_to_first_token: None,
            time_to_generate: None,
        }
    }

    /// The usage of counted tokens at a model's prices; without prices it costs nothing.
    pub fn priced(tokens: TokenCount, pricing: Option<&PriceConfig>) -> Self {
        let mut usage = Self {
            prompt_tokens: tokens.prompt,
            completion_tokens: tokens.completion,
            total_tokens: tokens.prompt.saturating_add(tokens.completion),
            ..Self::empty()
        };
        if let Some(pricing) = pricing {
            usage.prompt_unit_price = pricing.input.clone();
            usage.prompt_price_unit = pricing.unit.clone();
            usage.prompt_price = decimal::price(tokens.prompt, &pricing.input, &pricing.unit);
            if let Some(output) = &pricing.output {
                usage.completion_unit_price = output.clone();
                usage.completion_price_unit = pricing.unit.clone();
                usage.completion_price = decimal::price(tokens.completion, output, &pricing.unit);
            }
            usage.total_price = &usage.prompt_price + &usage.completion_price;
            usage.currency.clone_from(&pricing.currency);
        }
        usage
    }

    pub(crate) fn with_timing(mut self, timing: Timing) -> Self {
        self.latency = timing.total.as_secs_f64();
        self.time_to_first_token = timing.first_token.map(|first| first.as_secs_f64());
        self.time_to_generate = timing.first_token.map(|first| timing.total.saturating_sub(first).as_secs_f64());
        self
    }
}

impl Default for Usage {
    fn default() -> Self {
        Self::empty()
    }
}

/// Sums tokens, prices and latency; unit prices, currency and times come from the later call.
impl Add for Usage {
    type Output = Self;

    fn add(self, later: Self) -> Self {
        if self.total_tokens == 0 {
            return later;
        }
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(later.prompt_tokens),
            prompt_price: self.prompt_price + later.prompt_price,
            completion_tokens: self.completion_tokens.saturating_add(later.completion_tokens),
            completion_price: self.completion_price + later.completion_price,
            total_tokens: self.total_tokens.saturating_add(later.total_tokens),
            total_price: self.total_price + later.total_price,
            latency: self.latency + later.latency,
            ..later
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pricing() -> PriceConfig {
        PriceConfig {
            input: "2.50".parse().unwrap(),
            output: Some("10.00".parse().unwrap()),
            unit: "0.000001".parse().unwrap(),
            currency: "USD".to_owned(),
        }
    }

    #[test]
    fn empty_usage_is_zero_dollars() {
        let json = serde_json::to_value(Usage::empty()).unwrap();
        assert_eq!(json["total_price"], "0.0");
        assert_eq!(json["prompt_unit_price"], "0.0");
        assert_eq!(json["currency"], "USD");
        assert_eq!(json["latency"], 0.0);
        assert!(json["time_to_first_token"].is_null());
    }

    #[test]
    fn tokens_are_priced() {
        let usage = Usage::priced(TokenCount { prompt: 1234, completion: 10 }, Some(&pricing()));
        let json = serde_json::to_value(&usage).unwrap();
        assert_eq!(json["prompt_price"], "0.0030850");
        assert_eq!(json["completion_price"], "0.0001000");
        assert_eq!(json["total_price"], "0.0031850");
        assert_eq!(json["prompt_unit_price"], "2.50");
        assert_eq!(json["prompt_price_unit"], "0.000001");
        assert_eq!(json["total_tokens"], 1244);
        let read: Usage = serde_json::from_value(json).unwrap();
        assert_eq!(read, usage);
    }

    #[test]
    fn missing_prices_cost_nothing() {
        let tokens = TokenCount { prompt: 5, completion: 5 };
        assert_eq!(serde_json::to_value(Usage::priced(tokens, None)).unwrap()["total_price"], "0.0");
        let no_output = PriceConfig { output: None, ..pricing() };
        let usage = serde_json::to_value(Usage::priced(tokens, Some(&no_output))).unwrap();
        assert_eq!((&usage["completion_price"], &usage["total_price"]), (&"0.0".into(), &"0.0000125".into()));
    }

    #[test]
    fn usages_add_up() {
        let first = Usage::priced(TokenCount { prompt: 10, completion: 1 }, Some(&pricing()));
        let mut second = Usage::priced(TokenCount { prompt: 20, completion: 2 }, Some(&pricing()));
        second.time_to_first_token = Some(0.5);
        let sum = first.clone() + second.clone();
        assert_eq!((sum.prompt_tokens, sum.completion_tokens, sum.total_tokens), (30, 3, 33));
        assert_eq!(sum.total_price, first.total_price + &second.total_price);
        assert_eq!(sum.time_to_first_token, Some(0.5));
        assert_eq!(Usage::empty() + second.clone(), second);
    }
}
