//! Ranking what was found in one dataset, as the dataset wants it.

use std::collections::HashMap;

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::hit::Hit;
use super::model::{RerankingMode, SearchMethod, Weights};
use super::rank::{above, best_of, cosine, sort, weighted};
use super::search::{Question, Searched};
use crate::store::StoreError;

/// How well texts fit a query by their keywords: a score for each text, in their order.
pub type KeywordScore = dyn Fn(&str, &[&str]) -> Vec<f64> + Send + Sync;

/// What a dataset's hits are ranked with.
pub(super) struct Stage<'s> {
    pub(super) question: &'s Question<'s>,
    pub(super) searched: &'s Searched,
    /// The query's, where the dataset has vectors and one was needed.
    pub(super) vector: Option<&'s [f32]>,
    pub(super) keyword_score: &'s KeywordScore,
    /// Of all datasets of one search: how many ask the store for vectors at once.
    pub(super) turns: &'s Semaphore,
}

impl Stage<'_> {
    pub(super) async fn rank(&self, found: Vec<Hit>) -> Result<Vec<Hit>, StoreError> {
        let model = &self.searched.model;
        let is_hybrid = model.search_method == SearchMethod::HybridSearch;
        let top_k = usize::try_from(model.top_k).unwrap_or(usize::MAX);
        let mut hits = best_of(found);
        // By score, so that what a rerank model is given does not depend on which branch answered first.
        sort(&mut hits);
        // Weights need two kinds of scores, so other methods only know the model.
        let mode = match model.reranking() {
            Some(_) if !is_hybrid => model.named_reranking_model().map(|_| RerankingMode::RerankingModel),
            mode => mode,
        };
        let ranked = match mode {
            Some(RerankingMode::RerankingModel) => {
                let top_n = if is_hybrid { top_k } else { hits.len() };
                self.by_model(&hits, top_n).await
            }
            Some(RerankingMode::WeightedScore) => match &model.weights {
                Some(weights) => Some(self.by_weights(hits.clone(), weights).await?),
                None => None,
            },
            None => None,
        };
        if let Some(ranked) = ranked {
            hits = above(ranked, model.threshold());
            sort(&mut hits);
        }
        hits.truncate(top_k);
        Ok(hits)
    }

    /// `None`: the model failed, or there is none; the hits then stay as they are.
    async fn by_model(&self, hits: &[Hit], top_n: usize) -> Option<Vec<Hit>> {
        let reranker = self.searched.reranker.as_ref()?;
        if hits.is_empty() {
            return None;
        }
        let texts: Vec<&str> = hits.iter().map(|hit| hit.text.as_str()).collect();
        match reranker.rerank(self.question.text, &texts, top_n).await {
            Ok(scores) => {
                let scored = scores.into_iter().filter_map(|(place, score)| {
                    let hit = hits.get(place)?.clone();
                    Some(Hit { score: Some(score), ..hit })
                });
                Some(scored.collect())
            }
            Err(error) => {
                metrics::counter!("ferrify_rerank_failures_total").increment(1);
                tracing::warn!(dataset.id = %self.searched.dataset, %error, "results are given without the rerank model");
                None
            }
        }
    }

    async fn by_weights(&self, mut hits: Vec<Hit>, weights: &Weights) -> Result<Vec<Hit>, StoreError> {
        hits.retain(|hit| !hit.is_image());
        let vectors = self.vector_scores(&hits).await?;
        let texts: Vec<&str> = hits.iter().map(|hit| hit.text.as_str()).collect();
        let keywords = (self.keyword_score)(self.question.text, &texts);
        let (vector, keyword) = (weights.vector_setting.vector_weight, weights.keyword_setting.keyword_weight);
        Ok(weighted(hits, &vectors, &keywords, vector, keyword))
    }

    /// The rank of full text is no similarity, so what only that found is compared with the stored vector.
    async fn vector_scores(&self, hits: &[Hit]) -> Result<HashMap<Uuid, f64>, StoreError> {
        use super::hit::HitKind;
        let mut scores = HashMap::new();
        let mut unknown = Vec::new();
        for hit in hits {
            match (hit.kind, hit.score) {
                (HitKind::Vector, Some(score)) => drop(scores.insert(hit.node_id, score)),
                _ => unknown.push(hit.node_id),
            }
        }
        if let (false, Some(query), Some(place)) = (unknown.is_empty(), self.vector, &self.searched.place) {
            // A semaphore that is never closed always gives a turn.
            let _turn = self.turns.acquire().await;
            let stored = place.store.vectors_of(std::slice::from_ref(&place.collection), &unknown).await?;
            scores.extend(stored.into_iter().map(|(id, vector)| (id, cosine(query, &vector))));
        }
        Ok(scores)
    }
}
