//! Reranking, in the shape that compatible servers share.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use crate::capability::{Rerank, RerankedDocument};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::transport::Upstream;

pub(crate) struct DialectRerank(pub Locate);

#[derive(Deserialize)]
struct Reply {
    results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    relevance_score: f64,
    #[serde(default)]
    document: Option<Document>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Object { text: String },
    Text(String),
}

#[async_trait]
impl Rerank for DialectRerank {
    async fn rerank(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        query: &str,
        documents: &[String],
        top_n: Option<usize>,
    ) -> Result<Vec<RerankedDocument>, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let body = json!({
            "model": endpoint.model, "query": query, "documents": documents,
            "top_n": top_n.unwrap_or(documents.len()), "return_documents": true,
        });
        let request = match &endpoint.rerank_url {
            Some(url) => endpoint.post_to(upstream, url)?,
            None => endpoint.post(upstream, "/rerank")?,
        };
        let body = upstream.exchange(request.json(&body)).await?;
        Ok(ranked(upstream.parse::<Reply>(&body)?, documents))
    }
}

fn ranked(reply: Reply, documents: &[String]) -> Vec<RerankedDocument> {
    let logits = reply.results.iter().any(|item| !(0.0..=1.0).contains(&item.relevance_score));
    let mut ranked: Vec<_> = reply
        .results
        .into_iter()
        .filter_map(|Item { index, relevance_score, document }| {
            let text = match document {
                Some(Document::Object { text } | Document::Text(text)) => text,
                None => documents.get(index)?.clone(),
            };
            let score = if logits { sigmoid(relevance_score) } else { relevance_score };
            Some(RerankedDocument { index, text, score })
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &[(usize, &str)]) -> Vec<f64> {
        let documents = ["a".to_owned(), "b".to_owned()];
        let ranked = ranked(serde_json::from_str(json).unwrap(), &documents);
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
            r#"{"results":[{"index":0,"relevance_score":-4.0},{"index":1,"relevance_score":3.0,"document":"B"},{"index":7,"relevance_score":1}]}"#,
            &[(1, "B"), (0, "a")],
        );
        assert!(scores[0] > 0.95 && scores[1] < 0.02);
    }
}
