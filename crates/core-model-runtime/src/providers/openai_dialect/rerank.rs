//! Reranking, in the shape that compatible servers share.

use async_trait::async_trait;
use serde_json::json;

use crate::capability::{Rerank, RerankedDocument};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::providers::relevance::Ranking;
use crate::transport::Upstream;

pub(crate) struct DialectRerank(pub Locate);

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
        Ok(upstream.parse::<Ranking>(&body)?.resolve(documents))
    }
}
