//! Pure functions on lists of hits.

use std::cmp::Ordering;
use std::collections::HashMap;

use uuid::Uuid;

use super::hit::Hit;

/// Higher scores first, hits without a score last; equal ones by their node, so that two searches agree.
pub fn sort(hits: &mut [Hit]) {
    let by_score = |a: &Hit, b: &Hit| match (a.score, b.score) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    hits.sort_by(|a, b| by_score(a, b).then(a.node_id.cmp(&b.node_id)));
}

/// Each node once, with its higher score. The order is that of first appearance.
pub fn best_of(hits: Vec<Hit>) -> Vec<Hit> {
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    let mut best: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match places.get(&hit.node_id).and_then(|place| best.get_mut(*place)) {
            Some(known) if known.score >= hit.score => {}
            Some(known) => *known = hit,
            None => {
                places.insert(hit.node_id, best.len());
                best.push(hit);
            }
        }
    }
    best
}

/// Those that have at least the score.
pub fn above(mut hits: Vec<Hit>, threshold: f64) -> Vec<Hit> {
    hits.retain(|hit| hit.score.is_some_and(|score| score >= threshold));
    hits
}

/// Cosine similarity; zero when one of the vectors has no direction or they differ in size.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

/// `vector_weight * vector score + keyword_weight * keyword score` for each hit. `keyword_scores` are in the order of
/// the hits; a hit without one counts as zero.
pub fn weighted(
    hits: Vec<Hit>,
    vector_scores: &HashMap<Uuid, f64>,
    keyword_scores: &[f64],
    vector_weight: f64,
    keyword_weight: f64,
) -> Vec<Hit> {
    let keyword_scores = keyword_scores.iter().copied().chain(std::iter::repeat(0.0));
    let scored = hits.into_iter().zip(keyword_scores).map(|(hit, keyword)| {
        let vector = vector_scores.get(&hit.node_id).copied().unwrap_or_default();
        Hit { score: Some(vector_weight * vector + keyword_weight * keyword), ..hit }
    });
    scored.collect()
}

#[cfg(test)]
mod tests {
    use super::super::hit::HitKind;
    use super::*;
    use crate::store::EntryMetadata;

    fn hit(node: u128, score: Option<f64>) -> Hit {
        Hit {
            dataset: Uuid::nil(),
            node_id: Uuid::from_u128(node),
            document_id: None,
            score,
            kind: HitKind::Vector,
            text: String::new(),
            metadata: EntryMetadata::default(),
        }
    }

    fn nodes(hits: &[Hit]) -> Vec<u128> {
        hits.iter().map(|hit| hit.node_id.as_u128()).collect()
    }

    #[test]
    fn sorting_is_the_same_every_time() {
        let mut hits = vec![hit(4, None), hit(3, Some(0.5)), hit(1, Some(0.5)), hit(2, Some(0.9)), hit(0, None)];
        sort(&mut hits);
        assert_eq!(nodes(&hits), [2, 1, 3, 0, 4]);
    }

    #[test]
    fn the_higher_score_of_a_node_stays() {
        let hits =
            best_of(vec![hit(1, Some(0.2)), hit(2, Some(0.9)), hit(1, Some(0.7)), hit(2, Some(0.1)), hit(3, None)]);
        assert_eq!(nodes(&hits), [1, 2, 3]);
        assert_eq!(hits.iter().map(|hit| hit.score).collect::<Vec<_>>(), [Some(0.7), Some(0.9), None]);
        assert_eq!(nodes(&above(hits, 0.7)), [1, 2]);
    }

    #[test]
    fn weights_are_the_contracts() {
        let vectors = HashMap::from([(Uuid::from_u128(1), 0.8)]);
        let scored = weighted(vec![hit(1, Some(0.8)), hit(2, None)], &vectors, &[0.782_408, 0.5], 0.7, 0.3);
        assert!((scored[0].score.unwrap() - 0.794_722).abs() < 1e-6, "{scored:?}");
        assert!((scored[1].score.unwrap() - 0.15).abs() < 1e-9);
    }

    #[test]
    fn directions_are_compared() {
        assert!((cosine(&[1.0, 0.0], &[2.0, 0.0]) - 1.0).abs() < 1e-9);
        assert!(cosine(&[1.0, 0.0], &[0.0, 3.0]).abs() < 1e-9);
        assert!(cosine(&[0.0, 0.0], &[0.0, 3.0]).abs() < 1e-9);
        assert!(cosine(&[1.0], &[1.0, 1.0]).abs() < 1e-9);
    }
}
