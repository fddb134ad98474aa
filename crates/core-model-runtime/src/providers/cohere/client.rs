//! Requests to Cohere's own API: `/v2/embed`, `/v2/rerank`, `/v1/models`.

use async_trait::async_trait;
use egress::RequestBuilder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::capability::{Embedded, EmbeddingInput, Picture, Rerank, RerankedDocument, TextEmbedding};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::providers::cohere::base;
use crate::providers::relevance::Ranking;
use crate::transport::Upstream;

pub(super) struct Api;

#[derive(Deserialize)]
struct EmbedReply {
    embeddings: ByType,
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct ByType {
    float: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    billed_units: Option<BilledUnits>,
}

#[derive(Deserialize)]
struct BilledUnits {
    /// A number that some versions write with a decimal point.
    #[serde(default)]
    input_tokens: Option<f64>,
}

impl EmbedReply {
    fn tokens(&self) -> Option<u32> {
        let tokens = self.meta.as_ref()?.billed_units.as_ref()?.input_tokens?;
        // Through text: there is no checked conversion from a float.
        format!("{tokens:.0}").parse().ok().filter(|&tokens| tokens > 0)
    }
}

#[async_trait]
impl TextEmbedding for Api {
    async fn embed(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        texts: &[String],
        input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        let input_type = match input {
            EmbeddingInput::Document => "search_document",
            EmbeddingInput::Query => "search_query",
        };
        let body = json!({
            "model": model.model, "texts": texts, "input_type": input_type, "embedding_types": ["float"],
            "truncate": "END",
        });
        let request = authorize(upstream.post(&url(&model.credentials, "/v2/embed"))?, &model.credentials);
        let body = upstream.exchange(request.json(&body)).await?;
        let reply: EmbedReply = upstream.parse(&body)?;
        Ok(Embedded { tokens: reply.tokens(), vectors: reply.embeddings.float })
    }

    async fn embed_picture(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        picture: &Picture,
        _input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        // The API takes one picture at a time, and does not ask what it is for.
        let body = json!({
            "model": model.model, "images": [picture.data_url()], "input_type": "image", "embedding_types": ["float"],
        });
        let request = authorize(upstream.post(&url(&model.credentials, "/v2/embed"))?, &model.credentials);
        let body = upstream.exchange(request.json(&body)).await?;
        let reply: EmbedReply = upstream.parse(&body)?;
        Ok(Embedded { tokens: reply.tokens(), vectors: reply.embeddings.float })
    }
}

#[async_trait]
impl Rerank for Api {
    async fn rerank(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        query: &str,
        documents: &[String],
        top_n: Option<usize>,
    ) -> Result<Vec<RerankedDocument>, InvokeError> {
        let body = json!({
            "model": model.model, "query": query, "documents": documents, "top_n": top_n.unwrap_or(documents.len()),
        });
        let request = authorize(upstream.post(&url(&model.credentials, "/v2/rerank"))?, &model.credentials);
        let body = upstream.exchange(request.json(&body)).await?;
        Ok(upstream.parse::<Ranking>(&body)?.resolve(documents))
    }
}

/// Every valid key may list the models, and it costs nothing.
pub(super) async fn list_models(upstream: &Upstream, credentials: &Credentials) -> Result<(), InvokeError> {
    #[derive(Deserialize)]
    struct List {
        #[serde(rename = "models")]
        _models: Vec<IgnoredAny>,
    }
    let request = authorize(upstream.get(&url(credentials, "/v1/models?page_size=1"))?, credentials);
    let body = upstream.exchange(request).await?;
    upstream.parse::<List>(&body).map(|_list| ())
}

fn url(credentials: &Credentials, path: &str) -> String {
    format!("{}{path}", base(credentials))
}

fn authorize(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    request.bearer_auth(credentials.get("api_key").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_reply() {
        let json = r#"{"id":"x","texts":["a"],"embeddings":{"float":[[0.5,-0.25]]},
            "meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":3.0}},"response_type":"embeddings_by_type"}"#;
        let reply: EmbedReply = serde_json::from_str(json).unwrap();
        assert_eq!((reply.tokens(), &reply.embeddings.float), (Some(3), &vec![vec![0.5, -0.25]]));
        let bare: EmbedReply = serde_json::from_str(r#"{"embeddings":{"float":[]}}"#).unwrap();
        assert_eq!(bare.tokens(), None);
    }
}
