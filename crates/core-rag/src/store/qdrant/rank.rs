//! Ranking candidates of full text, because Qdrant gives them without scores.

use std::collections::HashMap;

use super::point::Point;
use crate::store::{Found, StoreError, Target};

/// Candidates that are looked at for a `top_k`.
pub(super) fn candidates(top_k: usize) -> usize {
    top_k.saturating_mul(10).clamp(100, 1000)
}

/// BM25's saturation of repeated terms, without the lengths of texts.
const SATURATION: f64 = 1.2;

/// The mean over the query's terms of how much of each is in the text: 0..1.
fn score<'t>(terms: impl Iterator<Item = &'t str>, query: &[&str]) -> f64 {
    let mut counts: HashMap<&str, f64> = HashMap::new();
    for term in terms.filter(|term| query.contains(term)) {
        *counts.entry(term).or_default() += 1.0;
    }
    let sum: f64 = query.iter().filter_map(|term| counts.get(term)).map(|count| count / (count + SATURATION)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few dozen terms at most")]
    let mean = sum / query.len().max(1) as f64;
    mean
}

pub(super) fn best(points: Vec<Point>, query: &[&str], target: &Target) -> Result<Vec<Found>, StoreError> {
    let ranked = points.into_iter().map(|point| {
        let score = score(point.terms(), query);
        point.with_score(score).into_found(target.collection.dataset)
    });
    let mut found = ranked.collect::<Result<Vec<Found>, _>>()?;
    found.retain(|found| found.score > 0.0);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
    found.truncate(target.top_k);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_terms_and_more_of_them_are_better() {
        let of = |text: &str| score(text.split(' '), &["rust", "web"]);
        assert!(of("rust web") > of("rust rust gc"));
        assert!(of("rust rust gc") > of("rust gc"));
        assert!(of("cat").abs() < f64::EPSILON);
        assert!(of(&"rust web ".repeat(1000)) < 1.0);
    }
}
