//! What rerankers answer, in the shape that all of them share: `{"results": [{"index", "relevance_score"}]}`.

use std::collections::HashSet;

use serde::Deserialize;

use crate::capability::RerankedDocument;

#[derive(Deserialize)]
pub(crate) struct Ranking {
    results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    #[serde(alias = "score")]
    relevance_score: f64,
    #[serde(default)]
    document: Option<Document>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Object {
        #[serde(default)]
        text: Option<String>,
    },
    Text(String),
}

impl Ranking {
    /// Best first, scores between 0 and 1, each document at most once. What has no place among `documents` or no
    /// score is left out; a text that was not sent back is the input's.
    pub(crate) fn resolve(self, documents: &[String]) -> Vec<RerankedDocument> {
        // Raw logits betray themselves by leaving the interval; then all of the answer are logits.
        let logits = self.results.iter().any(|item| !(0.0..=1.0).contains(&item.relevance_score));
        let mut seen = HashSet::new();
        let mut ranked: Vec<_> = self
            .results
            .into_iter()
            .filter(|item| !item.relevance_score.is_nan() && seen.insert(item.index))
            .filter_map(|Item { index, relevance_score, document }| {
                let input = documents.get(index)?;
                let text = match document {
                    Some(Document::Object { text: Some(text) } | Document::Text(text)) => text,
                    Some(Document::Object { text: None }) | None => input.clone(),
                };
                let score = if logits { sigmoid(relevance_score) } else { relevance_score };
                Some(RerankedDocument { index, text, score })
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranked
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &[(usize, &str)]) -> Vec<f64> {
        let documents = ["a".to_owned(), "b".to_owned()];
        let ranked = serde_json::from_str::<Ranking>(json).unwrap().resolve(&documents);
        let found: Vec<_> = ranked.iter().map(|document| (document.index, document.text.as_str())).collect();
        assert_eq!(found, expected);
        ranked.iter().map(|document| document.score).collect()
    }

    #[test]
    fn scores_end_up_between_zero_and_one() {
        let scores = check(
            r#"{"results":[{"index":0,"relevance_score":0.2},{"index":1,"relevance_score":0.9,"document":{"text":"B"}}]}"#,
            &[(1, "B"), (0, "a")],
        );
        assert_eq!(scores, [0.9, 0.2]);
        let scores = check(
            r#"{"results":[{"index":0,"relevance_score":-4.0},{"index":1,"score":3.0,"document":"B"},{"index":7,"relevance_score":1}]}"#,
            &[(1, "B"), (0, "a")],
        );
        assert!(scores[0] > 0.95 && scores[1] < 0.02);
    }

    #[test]
    fn a_document_comes_once() {
        let scores = check(
            r#"{"results":[{"index":1,"relevance_score":0.5},{"index":1,"relevance_score":0.4,"document":{}},{"index":0,"relevance_score":0.1,"document":null}]}"#,
            &[(1, "b"), (0, "a")],
        );
        assert_eq!(scores, [0.5, 0.1]);
    }
}
