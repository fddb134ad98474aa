//! Scores of texts by the words that they have in common with a query.

use std::collections::HashMap;

use super::extract::{index_keys, keywords};

/// How similar each document is to a query, from 0 to 1: the cosine of their TF-IDF vectors over their keywords, where
/// the documents that are compared are the whole collection.
pub fn keyword_scores<D: AsRef<str>>(query: &str, documents: &[D]) -> Vec<f64> {
    let keys = |text: &str| index_keys(keywords(text, usize::MAX));
    let documents: Vec<Vec<String>> = documents.iter().map(|document| keys(document.as_ref())).collect();
    scores_of_keys(&keys(query), &documents)
}

/// Likewise over keys that are there already.
pub fn scores_of_keys(query: &[String], documents: &[Vec<String>]) -> Vec<f64> {
    let counts: Vec<HashMap<&str, f64>> = documents.iter().map(|keys| counted(keys)).collect();
    let mut spread: HashMap<&str, f64> = HashMap::new();
    for document in &counts {
        for key in document.keys() {
            *spread.entry(key).or_default() += 1.0;
        }
    }
    let total = as_number(documents.len());
    let weigh = |counts: &HashMap<&str, f64>| -> HashMap<String, f64> {
        let rarity = |key: &str| ((1.0 + total) / (1.0 + spread.get(key).copied().unwrap_or_default())).ln() + 1.0;
        counts.iter().map(|(key, count)| ((*key).to_owned(), count * rarity(key))).collect()
    };
    let query = weigh(&counted(query));
    counts.iter().map(|document| cosine(&query, &weigh(document))).collect()
}

fn counted(keys: &[String]) -> HashMap<&str, f64> {
    let mut counts: HashMap<&str, f64> = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1.0;
    }
    counts
}

fn as_number(count: usize) -> f64 {
    count as f64
}

fn cosine(one: &HashMap<String, f64>, other: &HashMap<String, f64>) -> f64 {
    let length = |vector: &HashMap<String, f64>| vector.values().map(|value| value * value).sum::<f64>().sqrt();
    let product: f64 = one.iter().filter_map(|(key, value)| other.get(key).map(|other| value * other)).sum();
    let lengths = length(one) * length(other);
    if lengths > 0.0 { product / lengths } else { 0.0 }
}

/// How much the two scores of a hit count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreWeights {
    pub vector: f64,
    pub keyword: f64,
}

/// One score of two.
pub fn weighted(vector_score: f64, keyword_score: f64, weights: ScoreWeights) -> f64 {
    weights.vector * vector_score + weights.keyword * keyword_score
}
