//! Embeddings.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::capability::{Embedded, EmbeddingInput, Picture, TextEmbedding};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::providers::openai_dialect::wire::WireUsage;
use crate::transport::Upstream;

pub(crate) struct DialectEmbedding(pub Locate);

/// How a server calls what an embedding is for; the original does not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmbeddingTasks {
    pub document: &'static str,
    pub query: &'static str,
}

/// How vectors travel; both are understood in any answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VectorEncoding {
    Float,
    /// Base64 of little-endian 32-bit floats.
    Base64,
}

#[derive(Serialize)]
struct Body<'a, Input: Serialize + ?Sized> {
    model: &'a str,
    input: &'a Input,
    encoding_format: VectorEncoding,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'static str>,
}

/// As Jina's models take pictures among texts.
#[derive(Serialize)]
struct PictureInput {
    /// Base64.
    image: String,
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
    embedding: Vector,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    Encoded(String),
}

impl Vector {
    fn read(self) -> Result<Vec<f32>, &'static str> {
        let text = match self {
            Self::Numbers(numbers) => return Ok(numbers),
            Self::Encoded(text) => text,
        };
        let bytes = STANDARD.decode(text).map_err(|_invalid| "an embedding is not valid base64")?;
        let (floats, rest) = bytes.as_chunks::<4>();
        if rest.is_empty() {
            Ok(floats.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
        } else {
            Err("an embedding is cut in the middle of a number")
        }
    }
}

#[async_trait]
impl TextEmbedding for DialectEmbedding {
    async fn embed(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        texts: &[String],
        input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        self.ask(upstream, model, texts, input).await
    }

    async fn embed_picture(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        picture: &Picture,
        input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        self.ask(upstream, model, &[PictureInput { image: picture.base64() }], input).await
    }
}

impl DialectEmbedding {
    async fn ask<I: Serialize + Sync + ?Sized>(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        inputs: &I,
        input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let task = endpoint.embedding_tasks.map(|tasks| match input {
            EmbeddingInput::Document => tasks.document,
            EmbeddingInput::Query => tasks.query,
        });
        let body = Body { model: &endpoint.model, input: inputs, encoding_format: endpoint.vector_encoding, task };
        let body = upstream.exchange(endpoint.post(upstream, "/embeddings")?.json(&body)).await?;
        let mut reply: Reply = upstream.parse(&body)?;
        reply.data.sort_by_key(|item| item.index);
        let usage = reply.usage;
        let vectors: Result<_, _> = reply.data.into_iter().map(|item| item.embedding.read()).collect();
        Ok(Embedded {
            vectors: vectors.map_err(|reason| upstream.bad_request(reason))?,
            tokens: usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens)).filter(|&tokens| tokens > 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_in_both_forms() {
        let read = |json: &str| serde_json::from_str::<Vector>(json).unwrap().read();
        assert_eq!(read("[0.5, -1]"), Ok(vec![0.5, -1.0]));
        assert_eq!(read(r#""AAAAPwAAgL8=""#), Ok(vec![0.5, -1.0]));
        assert!(read(r#""AAAAPwA=""#).is_err());
        assert!(read(r#""?""#).is_err());
    }
}
