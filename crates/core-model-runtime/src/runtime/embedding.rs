//! Embedding texts.

use std::borrow::Cow;

use bigdecimal::BigDecimal;
use serde::Serialize;
use tokio::time::Instant;

use crate::capability::{EmbeddingInput, Picture};
use crate::chat::ModelRef;
use crate::decimal;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::runtime::meter::Meter;
use crate::runtime::{Runtime, not_found};
use crate::schema::{Feature, PriceConfig};
use crate::tokens::Vocabulary;

/// Texts per request when the model does not say.
const DEFAULT_CHUNKS: u32 = 16;
/// Texts that occupy a thread of the blocking pool before others get their turn.
const COUNTED_AT_ONCE: usize = 64;

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
    /// Embeds any number of texts, as many per upstream request as the model takes; of a text that is longer than
    /// the model's context the beginning is embedded. A rate limit that is too long to be waited for here comes back
    /// as [`InvokeError::RateLimited`] with its time.
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
        let vocabulary = Vocabulary::of_embedding(&model.provider, &model.model);
        for batch in texts.chunks(usize::try_from(batch).unwrap_or(1)) {
            let batch = &*fitting(vocabulary, batch, schema.model_properties.context_size()).await;
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
                None => count(vocabulary, batch.to_vec()).await.into_iter().fold(0, u32::saturating_add),
            };
            total = total.saturating_add(counted);
            embeddings.extend(embedded.vectors);
        }
        meter.succeeded_with_tokens(total);
        Ok(EmbeddingResult { embeddings, usage: EmbeddingUsage::priced(total, schema.pricing.as_ref(), started) })
    }

    /// Embeds pictures where the model takes them, in the space of its texts; one upstream request for each.
    ///
    /// # Errors
    /// Also `BadRequest` for a model that takes none.
    pub async fn embed_pictures(
        &self,
        model: &ModelRef,
        pictures: &[Picture],
        input: EmbeddingInput,
    ) -> Result<EmbeddingResult, InvokeError> {
        let adapter = self.provider(model)?.adapter().text_embedding().ok_or_else(|| not_found(model))?;
        let schema = self.schema(model, ModelType::TextEmbedding)?;
        if !schema.features.contains(&Feature::Vision) {
            return Err(self.upstream(&model.provider).bad_request(format!("{} takes no pictures", model.model)));
        }
        let mut meter = Meter::new(model);
        let started = Instant::now();
        let mut embeddings = Vec::with_capacity(pictures.len());
        let mut total: u32 = 0;
        for picture in pictures {
            let upstream = self.upstream(&model.provider);
            let embedded = self
                .attempts(model, upstream.started(), || adapter.embed_picture(&upstream, model, picture, input))
                .await
                .inspect_err(|error| meter.failed(error))?;
            let Ok([vector]) = <[Vec<f32>; 1]>::try_from(embedded.vectors) else {
                let error = upstream.bad_request("the upstream returned another number of embeddings than pictures");
                meter.failed(&error);
                return Err(error);
            };
            total = total.saturating_add(embedded.tokens.unwrap_or(0));
            embeddings.push(vector);
        }
        meter.succeeded_with_tokens(total);
        Ok(EmbeddingResult { embeddings, usage: EmbeddingUsage::priced(total, schema.pricing.as_ref(), started) })
    }

    /// The tokens of each text: by the model's own vocabulary where it is known, else by GPT-2's. Works on the
    /// blocking pool in pieces, and asks no upstream.
    pub async fn count_embedding_tokens(&self, model: &ModelRef, texts: &[String]) -> Vec<u32> {
        let vocabulary = Vocabulary::of_embedding(&model.provider, &model.model);
        let mut counts = Vec::with_capacity(texts.len());
        for batch in texts.chunks(COUNTED_AT_ONCE) {
            counts.extend(count(vocabulary, batch.to_vec()).await);
        }
        counts
    }
}

/// The texts as the model can take them; nothing is copied when all of them are short.
async fn fitting(vocabulary: Vocabulary, texts: &[String], context: Option<u32>) -> Cow<'_, [String]> {
    let limit = context.filter(|&limit| limit > 0).unwrap_or(u32::MAX);
    // A token has at least one byte.
    if texts.iter().all(|text| u32::try_from(text.len()).is_ok_and(|length| length <= limit)) {
        return texts.into();
    }
    let owned = texts.to_vec();
    let cut = tokio::task::spawn_blocking(move || -> Vec<String> {
        owned.iter().map(|text| vocabulary.truncate(text, limit).to_owned()).collect()
    });
    match cut.await {
        Ok(cut) => cut.into(),
        Err(error) => {
            tracing::error!(%error, "texts were not measured; the upstream sees them whole");
            texts.into()
        }
    }
}

/// One count per text.
async fn count(vocabulary: Vocabulary, texts: Vec<String>) -> Vec<u32> {
    let length = texts.len();
    let counted = tokio::task::spawn_blocking(move || texts.iter().map(|text| vocabulary.count(text)).collect());
    counted.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the tokens of texts were not counted");
        vec![0; length]
    })
}
