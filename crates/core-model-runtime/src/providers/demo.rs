//! The demonstration provider: deterministic, calls nobody, needs no credentials. It is never a real model.

mod terms;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};

use crate::capability::{
    ChatCall, ChatModel, Delta, DeltaStream, Embedded, EmbeddingInput, ModelProvider, Rerank, RerankedDocument,
    TextEmbedding,
};
use crate::chat::{FinishReason, ModelRef};
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::message::Role;
use crate::model_type::ModelType;
use crate::providers::demo::terms::terms;
use crate::registry::Builtin;
use crate::schema::AiModel;
use crate::transport::Upstream;
use crate::usage::TokenCount;

/// Slow enough to be seen as a stream.
const WORD_PAUSE: Duration = Duration::from_millis(10);
const DIMENSIONS: u64 = 256;
/// The bit of a hash that decides the sign.
const SIGN: u64 = 1 << 40;
const MAX_ECHO_CHARS: usize = 600;

pub(crate) fn builtin() -> Builtin {
    Builtin {
        name: "demo",
        entity: include_str!("demo/provider.yaml"),
        models: &[
            include_str!("demo/models/demo-chat.yaml"),
            include_str!("demo/models/demo-embedding.yaml"),
            include_str!("demo/models/demo-rerank.yaml"),
        ],
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

    fn rerank(&self) -> Option<Arc<dyn Rerank>> {
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

#[async_trait]
impl Rerank for Demo {
    async fn rerank(
        &self,
        _upstream: &Upstream,
        _model: &ModelRef,
        query: &str,
        documents: &[String],
        _top_n: Option<usize>,
    ) -> Result<Vec<RerankedDocument>, InvokeError> {
        let mut ranked: Vec<_> = documents
            .iter()
            .enumerate()
            .map(|(index, text)| RerankedDocument { index, text: text.clone(), score: coverage(query, text) })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(ranked)
    }
}

/// How much of the query a document has, from 0 to 1; among equals the one that says less else comes first.
fn coverage(query: &str, document: &str) -> f64 {
    let (query, document) = (terms(query), terms(document));
    let asked: f64 = query.values().map(|term| term.weight).sum();
    let spoken: f64 = document.values().map(|term| term.weight * term.count).sum();
    if asked == 0.0 || spoken == 0.0 {
        return 0.0;
    }
    let found: f64 = query.iter().filter(|(word, _)| document.contains_key(*word)).map(|(_, term)| term.weight).sum();
    let share = found / asked;
    share * (0.9 + 0.1 * (found / spoken).min(1.0))
}

/// Texts that share words get similar vectors; the length is one.
fn bag_of_words(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; usize::try_from(DIMENSIONS).unwrap_or_default()];
    for (word, term) in terms(text) {
        let hash = fnv(&word);
        // A sign lets words that meet in one place cancel out instead of adding up.
        let sign = if hash & SIGN == 0 { 1.0 } else { -1.0 };
        if let Some(place) = usize::try_from(hash % DIMENSIONS).ok().and_then(|place| vector.get_mut(place)) {
            *place += sign * single(term.weight * term.count.sqrt());
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

#[expect(clippy::cast_possible_truncation, reason = "small positive numbers, whose last digits do not matter")]
fn single(number: f64) -> f32 {
    number as f32
}

/// FNV-1a: stable over releases, unlike the standard library's hasher. Its last bits alone are poor, so they are
/// mixed with the first ones.
fn fnv(text: &str) -> u64 {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^ (hash >> 32)
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
        assert!((similarity("the", "the") - 1.0).abs() < 1e-6);
    }

    #[test]
    fn forms_of_a_word_are_similar() {
        assert!((similarity("caching indexes", "cached index") - 1.0).abs() < 1e-6);
    }

    /// A question finds its passage among others, in both scripts.
    #[test]
    fn questions_find_their_passages() {
        let passages = [
            "Refunds are paid within fourteen days after a returned order has arrived at our warehouse.",
            "Our offices are open from Monday to Friday, from nine to five.",
            "The battery of the scooter lasts for forty kilometres and charges in four hours.",
            "\u{9000}\u{6b3e}\u{5c06}\u{5728}\u{5341}\u{56db}\u{5929}\u{5185}\u{5b8c}\u{6210}",
            "\u{529e}\u{516c}\u{5ba4}\u{5468}\u{4e00}\u{81f3}\u{5468}\u{4e94}\u{5f00}\u{653e}",
        ];
        let check = |question: &str, expected: usize| {
            let by = |score: &dyn Fn(&str) -> f64| {
                let scores = passages.iter().map(|passage| score(passage)).enumerate();
                scores.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
            };
            assert_eq!(by(&|passage| f64::from(similarity(question, passage))), Some(expected), "{question}");
            assert_eq!(by(&|passage| coverage(question, passage)), Some(expected), "{question}");
        };
        check("When is my refund for the return paid?", 0);
        check("Which days is the office open?", 1);
        check("How long does charging the battery take?", 2);
        check("\u{591a}\u{4e45}\u{80fd}\u{6536}\u{5230}\u{9000}\u{6b3e}", 3);
        check("\u{529e}\u{516c}\u{5ba4}\u{51e0}\u{70b9}\u{5f00}\u{653e}", 4);
    }

    #[test]
    fn coverage_is_a_share() {
        assert!((coverage("red fox", "red fox") - 1.0).abs() < 1e-9);
        assert!(coverage("red fox", "red fox") > coverage("red fox", "a red fox and a brown dog"));
        assert!(coverage("red fox", "a fox") < 0.6);
        assert!(coverage("red fox", "tax") == 0.0 && coverage("", "tax") == 0.0 && coverage("tax", "") == 0.0);
    }
}
