//! Embeddings.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::capability::{Embedded, EmbeddingInput, TextEmbedding};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::providers::openai_dialect::wire::WireUsage;
use crate::transport::Upstream;

pub(crate) struct DialectEmbedding(pub Locate);

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Reply {
    data: Vec<Item>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[async_trait]
impl TextEmbedding for DialectEmbedding {
    /// The dialect does not distinguish documents from queries.
    async fn embed(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        texts: &[String],
        _input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let body = Body { model: &endpoint.model, input: texts, encoding_format: "float" };
        let body = upstream.exchange(endpoint.post(upstream, "/embeddings")?.json(&body)).await?;
        let mut reply: Reply = upstream.parse(&body)?;
        reply.data.sort_by_key(|item| item.index);
        let usage = reply.usage;
        Ok(Embedded {
            vectors: reply.data.into_iter().map(|item| item.embedding).collect(),
            tokens: usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens)).filter(|&tokens| tokens > 0),
        })
    }
}
