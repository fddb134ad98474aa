//! From the results of several datasets to one list.

use std::collections::HashSet;

use core_rag::keywords;
use core_rag::retrieve::{Reranker as _, RerankingMode, RerankingModel, Weights};
use models::dataset::Dataset;
use models::{DatasetProvider, IndexingTechnique, SegmentId, TenantId};

use super::app_search::SearchError;
use super::passage::{Passage, Source};
use super::plan::Merging;
use super::{Models, Reranker};

/// Refuses what cannot be merged.
pub(super) fn check(merging: &Merging, datasets: &[Dataset]) -> Result<(), SearchError> {
    let own = || datasets.iter().filter(|dataset| dataset.provider != DatasetProvider::External);
    let same =
        |differ: fn(&Dataset, &Dataset) -> bool| own().zip(own().skip(1)).all(|(one, other)| !differ(one, other));
    if !same(|one, other| one.indexing_technique != other.indexing_technique)
        && merging.rerank != Some(RerankingMode::RerankingModel)
    {
        let told = "The configured knowledge base list have different indexing technique, please set reranking model.";
        return Err(SearchError::Plan(told));
    }
    let by_weights = merging.rerank == Some(RerankingMode::WeightedScore);
    let differ = |one: &Dataset, other: &Dataset| {
        (&one.embedding_model_provider, &one.embedding_model)
            != (&other.embedding_model_provider, &other.embedding_model)
    };
    if by_weights && !same(differ) {
        let told = "The configured knowledge base list have different embedding model, please set reranking model.";
        return Err(SearchError::Plan(told));
    }
    Ok(())
}

/// One list, the best first.
pub(super) async fn merge(
    models: &Models,
    tenant: TenantId,
    merging: &Merging,
    datasets: &[Dataset],
    query: &str,
    found: Vec<Passage>,
) -> Vec<Passage> {
    let passages = distinct(found);
    if passages.is_empty() {
        return passages;
    }
    let ranked = match merging.rerank.filter(|_| datasets.len() > 1) {
        Some(RerankingMode::RerankingModel) => match &merging.model {
            Some(named) => by_model(models, tenant, named, merging.top_k, query, &passages).await,
            None => None,
        },
        Some(RerankingMode::WeightedScore) => match &merging.weights {
            Some(weights) => Some(by_weights(weights, query, passages.clone()).await),
            None => None,
        },
        None => None,
    };
    let mut passages = match ranked {
        Some(ranked) => above(ranked, merging.threshold),
        None if datasets.iter().all(|one| one.indexing_technique == Some(IndexingTechnique::Economy)) => {
            let scores = keyword_scores(query, &passages).await;
            rescored(passages, scores)
        }
        // What was found by keywords has no score to be measured by.
        None => passages.into_iter().filter(|one| one.score.is_none_or(|score| score >= merging.threshold)).collect(),
    };
    sort(&mut passages);
    passages.truncate(merging.top_k);
    passages
}

/// Each segment once.
fn distinct(found: Vec<Passage>) -> Vec<Passage> {
    let mut seen: HashSet<SegmentId> = HashSet::new();
    found
        .into_iter()
        .filter(|passage| match &passage.source {
            Source::Segment(segment) => seen.insert(segment.segment.id),
            Source::External(_) => true,
        })
        .collect()
}

/// Higher scores first, those without one last; equal ones stay in their order.
pub(super) fn sort(passages: &mut [Passage]) {
    let number = |passage: &Passage| passage.score.unwrap_or(f64::NEG_INFINITY);
    passages.sort_by(|one, other| number(other).total_cmp(&number(one)));
}

fn above(mut passages: Vec<Passage>, threshold: f64) -> Vec<Passage> {
    passages.retain(|passage| passage.score.is_some_and(|score| score >= threshold));
    passages
}

fn rescored(passages: Vec<Passage>, scores: Vec<f64>) -> Vec<Passage> {
    let scored = passages.into_iter().zip(scores);
    scored.map(|(passage, score)| Passage { score: Some(score), ..passage }).collect()
}

/// `None`: the model cannot be used or failed; there are results without it.
async fn by_model(
    models: &Models,
    tenant: TenantId,
    named: &RerankingModel,
    top_k: usize,
    query: &str,
    passages: &[Passage],
) -> Option<Vec<Passage>> {
    let failed = |error: &dyn std::fmt::Display| {
        metrics::counter!("ferrify_rerank_failures_total").increment(1);
        tracing::warn!(%error, model = named.reranking_model_name, "results are given without the rerank model");
    };
    let found = models.reranker(tenant, &named.reranking_provider_name, &named.reranking_model_name).await;
    let reranker: Reranker = found.inspect_err(|error| failed(error)).ok()?;
    let texts: Vec<&str> = passages.iter().map(Passage::text).collect();
    let scores = reranker.rerank(query, &texts, top_k).await.inspect_err(|error| failed(error)).ok()?;
    let ranked = scores.into_iter().filter_map(|(place, score)| {
        let passage = passages.get(place)?.clone();
        Some(Passage { score: Some(score), ..passage })
    });
    Some(ranked.collect())
}

async fn by_weights(weights: &Weights, query: &str, passages: Vec<Passage>) -> Vec<Passage> {
    let (vector, keyword) = (weights.vector_setting.vector_weight, weights.keyword_setting.keyword_weight);
    let scores = keyword_scores(query, &passages).await;
    let weighted =
        passages.iter().zip(scores).map(|(one, by_words)| vector * one.score.unwrap_or_default() + keyword * by_words);
    let weighted = weighted.collect();
    rescored(passages, weighted)
}

/// How well each fits the question by its keywords.
async fn keyword_scores(query: &str, passages: &[Passage]) -> Vec<f64> {
    let query = query.to_owned();
    let texts: Vec<String> = passages.iter().map(|passage| passage.text().to_owned()).collect();
    // Cutting texts into words is work, and the first one loads a dictionary.
    let scored = tokio::task::spawn_blocking(move || {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        keywords::keyword_scores(&query, &texts)
    });
    scored.await.unwrap_or_else(|error| {
        tracing::error!(%error, "keywords could not be compared");
        vec![0.0; passages.len()]
    })
}
