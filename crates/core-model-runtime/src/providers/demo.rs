//! The demonstration provider: deterministic, calls nobody, needs no credentials. It is never a real model.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};

use crate::capability::{
    ChatCall, ChatModel, Delta, DeltaStream, Embedded, EmbeddingInput, ModelProvider, TextEmbedding,
};
use crate::chat::{FinishReason, ModelRef};
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::message::Role;
use crate::model_type::ModelType;
use crate::registry::Builtin;
use crate::schema::AiModel;
use crate::transport::Upstream;
use crate::usage::TokenCount;

/// Slow enough to be seen as a stream.
const WORD_PAUSE: Duration = Duration::from_millis(10);
const DIMENSIONS: u64 = 256;
const MAX_ECHO_CHARS: usize = 600;

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "demo",
        entity: include_str!("demo/provider.yaml"),
        models: &[include_str!("demo/models/demo-chat.yaml"), include_str!("demo/models/demo-embedding.yaml")],
        icon: include_str!("demo/icon.svg"),
        adapter: Arc::new(Demo),
    }
}

struct Demo;

#[async_trait]
impl ModelProvider for Demo {
    fn chat(&self) -> Option<Arc<dyn ChatModel>> {
        Some(Arc::new(Self))
    }

    fn text_embedding(&self) -> Option<Arc<dyn TextEmbedding>> {
        Some(Arc::new(Self))
    }

    fn custom_model(&self, _ty: ModelType, _model: &str, _credentials: &Credentials) -> Option<AiModel> {
        None
    }

    async fn check_provider(&self, _upstream: &Upstream, _model: ModelRef) -> Result<(), InvokeError> {
        Ok(())
    }

    async fn check_model(&self, _upstream: &Upstream, _ty: ModelType, _model: ModelRef) -> Result<(), InvokeError> {
        Ok(())
    }
}

/// Says what it was asked, and what it is.
fn reply(call: &ChatCall) -> String {
    let asked = call.request.messages.iter().rev().find(|message| message.role == Role::User);
    let asked = asked.map(|message| message.text().trim().to_owned()).unwrap_or_default();
    if asked.is_empty() {
        return "Hello! I am the demo model of Ferrify. Ask me something and I will repeat it.".to_owned();
    }
    let mut echo: String = asked.chars().take(MAX_ECHO_CHARS).collect();
    if echo.len() < asked.len() {
        echo.push_str("...");
    }
    format!("Thank you for asking! You said: {echo}\n\nI am the demo model of Ferrify, so I can only repeat it.")
}

/// One token per word is as good as any other count for a model that is none.
fn tokens(call: &ChatCall, reply: &str) -> TokenCount {
    let words = |text: &str| u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX);
    let prompt =
        call.request.messages.iter().fold(1, |total: u32, message| total.saturating_add(words(&message.text())));
    TokenCount { prompt, completion: words(reply) }
}

fn last(call: &ChatCall, reply: &str) -> Delta {
    Delta { finish: Some(FinishReason::Stop), tokens: Some(tokens(call, reply)), ..Delta::default() }
}

#[async_trait]
impl ChatModel for Demo {
    async fn stream(&self, _upstream: &Upstream, call: &ChatCall) -> Result<DeltaStream, InvokeError> {
        let reply = reply(call);
        let words: Vec<Delta> = reply
            .split_inclusive(char::is_whitespace)
            .map(|word| Delta { text: word.to_owned(), ..Delta::default() })
            .chain([last(call, &reply)])
            .collect();
        let paced = stream::iter(words).then(|delta| async move {
            tokio::time::sleep(WORD_PAUSE).await;
            Ok(delta)
        });
        Ok(paced.boxed())
    }

    async fn complete(&self, _upstream: &Upstream, call: &ChatCall) -> Result<Delta, InvokeError> {
        let text = reply(call);
        Ok(Delta { text: text.clone(), ..last(call, &text) })
    }
}

#[async_trait]
impl TextEmbedding for Demo {
    async fn embed(
        &self,
        _upstream: &Upstream,
        _model: &ModelRef,
        texts: &[String],
        _input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
        Ok(Embedded {
            vectors: texts.iter().map(|text| bag_of_words(text)).collect(),
            tokens: Some(u32::try_from(words).unwrap_or(u32::MAX)),
        })
    }
}

/// Texts that share words get similar vectors; the length is one.
fn bag_of_words(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; usize::try_from(DIMENSIONS).unwrap_or_default()];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let place = fnv(&word.to_lowercase()) % DIMENSIONS;
        if let Some(count) = usize::try_from(place).ok().and_then(|place| vector.get_mut(place)) {
            *count += 1.0;
        }
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    match vector.first_mut() {
        // Cosine distance to a zero vector is undefined.
        Some(first) if length == 0.0 => *first = 1.0,
        _ => vector.iter_mut().for_each(|x| *x /= length),
    }
    vector
}

/// FNV-1a: stable over releases, unlike the standard library's hasher.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f32 {
        bag_of_words(a).iter().zip(bag_of_words(b)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn shared_words_are_similar() {
        assert!((similarity("the red fox", "The RED fox!") - 1.0).abs() < 1e-6);
        assert!(similarity("the red fox", "a red fox runs") > similarity("the red fox", "tax law"));
        assert!((similarity("", "") - 1.0).abs() < 1e-6);
    }
}
