//! Embedding texts.

use bigdecimal::BigDecimal;
use serde::Serialize;
use tokio::time::Instant;

use crate::capability::EmbeddingInput;
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::runtime::meter::Meter;
use crate::runtime::{Runtime, not_found};
use crate::schema::PriceConfig;
use crate::{decimal, tokens};

/// Texts per request when the model does not say.
const DEFAULT_CHUNKS: u32 = 16;

#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingResult {
    /// One vector per text, in the order of the texts.
    pub embeddings: Vec<Vec<f32>>,
    pub usage: EmbeddingUsage,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbeddingUsage {
    pub tokens: u32,
    pub total_tokens: u32,
    #[serde(with = "decimal")]
    pub unit_price: BigDecimal,
    #[serde(with = "decimal")]
    pub price_unit: BigDecimal,
    #[serde(with = "decimal")]
    pub total_price: BigDecimal,
    pub currency: String,
    /// Seconds.
    pub latency: f64,
}

impl EmbeddingUsage {
    fn priced(tokens: u32, pricing: Option<&PriceConfig>, started: Instant) -> Self {
        let (unit_price, price_unit, total_price, currency) = match pricing {
            Some(pricing) => (
                pricing.input.clone(),
                pricing.unit.clone(),
                decimal::price(tokens, &pricing.input, &pricing.unit),
                pricing.currency.clone(),
            ),
            None => (decimal::nothing(), decimal::nothing(), decimal::nothing(), "USD".to_owned()),
        };
        let latency = started.elapsed().as_secs_f64();
        Self { tokens, total_tokens: tokens, unit_price, price_unit, total_price, currency, latency }
    }
}

impl Runtime {
    /// Embeds any number of texts, as many per upstream request as the model takes.
    pub async fn embed(
        &self,
        model: &ModelRef,
        texts: &[String],
        input: EmbeddingInput,
    ) -> Result<EmbeddingResult, InvokeError> {
        let adapter = self.provider(model)?.adapter().text_embedding().ok_or_else(|| not_found(model))?;
        let schema = self.schema(model, ModelType::TextEmbedding)?;
        let batch = schema.model_properties.max_chunks().unwrap_or(DEFAULT_CHUNKS).max(1);
        let mut meter = Meter::new(model);
        let started = Instant::now();
        let mut embeddings = Vec::with_capacity(texts.len());
        let mut total: u32 = 0;
        for batch in texts.chunks(usize::try_from(batch).unwrap_or(1)) {
            let upstream = self.upstream(&model.provider);
            let embedded = self
                .attempts(model, upstream.started(), || adapter.embed(&upstream, model, batch, input))
                .await
                .inspect_err(|error| meter.failed(error))?;
            if embedded.vectors.len() != batch.len() {
                let error = upstream.bad_request("the upstream returned another number of embeddings than texts");
                meter.failed(&error);
                return Err(error);
            }
            let counted = match embedded.tokens {
                Some(tokens) => tokens,
                None => count(batch.to_vec()).await,
            };
            total = total.saturating_add(counted);
            embeddings.extend(embedded.vectors);
        }
        meter.succeeded_with_tokens(total);
        Ok(EmbeddingResult { embeddings, usage: EmbeddingUsage::priced(total, schema.pricing.as_ref(), started) })
    }
}

async fn count(texts: Vec<String>) -> u32 {
    let counted = tokio::task::spawn_blocking(move || {
        texts.iter().fold(0, |total: u32, text| total.saturating_add(tokens::count_text(text)))
    });
    counted.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the tokens of embedded texts were not counted");
        0
    })
}
