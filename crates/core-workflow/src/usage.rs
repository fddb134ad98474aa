//! What the models of a node cost.

use bigdecimal::{BigDecimal, Zero};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::value::Value;

/// Tokens and prices of model calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    /// Price of `prompt_price_unit` tokens times one.
    pub prompt_unit_price: BigDecimal,
    /// What one token's share of the unit price is: 0.001 for prices per thousand.
    pub prompt_price_unit: BigDecimal,
    pub prompt_price: BigDecimal,
    pub completion_tokens: u64,
    pub completion_unit_price: BigDecimal,
    pub completion_price_unit: BigDecimal,
    pub completion_price: BigDecimal,
    pub total_tokens: u64,
    pub total_price: BigDecimal,
    /// ISO 4217.
    pub currency: String,
    /// Seconds.
    pub latency: f64,
    /// Seconds until the first token of a stream.
    pub time_to_first_token: Option<f64>,
    /// Seconds from the first token to the last.
    pub time_to_generate: Option<f64>,
}

impl Default for Usage {
    fn default() -> Self {
        let zero = BigDecimal::zero;
        Self {
            prompt_tokens: 0,
            prompt_unit_price: zero(),
            prompt_price_unit: zero(),
            prompt_price: zero(),
            completion_tokens: 0,
            completion_unit_price: zero(),
            completion_price_unit: zero(),
            completion_price: zero(),
            total_tokens: 0,
            total_price: zero(),
            currency: "USD".to_owned(),
            latency: 0.0,
            time_to_first_token: None,
            time_to_generate: None,
        }
    }
}

impl Usage {
    /// Adds what another call has cost; unit prices and times are those of the later call.
    pub fn add(&mut self, other: &Self) {
        let (prompt, completion) = (self.prompt_tokens, self.completion_tokens);
        let prices = (&self.prompt_price + &other.prompt_price, &self.completion_price + &other.completion_price);
        let totals = (self.total_tokens + other.total_tokens, &self.total_price + &other.total_price);
        *self = Self {
            prompt_tokens: prompt + other.prompt_tokens,
            completion_tokens: completion + other.completion_tokens,
            prompt_price: prices.0,
            completion_price: prices.1,
            total_tokens: totals.0,
            total_price: totals.1,
            ..other.clone()
        };
    }

    /// The object that nodes put out. Money is decimal text.
    pub fn to_value(&self) -> Value {
        let money = |amount: &BigDecimal| amount.normalized().to_plain_string();
        Value::plain(json!({
            "prompt_tokens": self.prompt_tokens,
            "prompt_unit_price": money(&self.prompt_unit_price),
            "prompt_price_unit": money(&self.prompt_price_unit),
            "prompt_price": money(&self.prompt_price),
            "completion_tokens": self.completion_tokens,
            "completion_unit_price": money(&self.completion_unit_price),
            "completion_price_unit": money(&self.completion_price_unit),
            "completion_price": money(&self.completion_price),
            "total_tokens": self.total_tokens,
            "total_price": money(&self.total_price),
            "currency": self.currency,
            "latency": self.latency,
            "time_to_first_token": self.time_to_first_token,
            "time_to_generate": self.time_to_generate,
        }))
    }
}
