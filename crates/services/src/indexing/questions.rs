//! Chunks to questions and answers, by a model.

use std::sync::Arc;

use core_model_runtime::{ChatRequest, ModelRef, PromptMessage, Runtime};
use core_rag::chunk::{Chunk, qa};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, json};

use super::IndexError;
use super::write::ChunkBatches;

/// Chunks that are asked about at the same time.
const AT_ONCE: usize = 10;

/// Who is asked, and in which language it is to write.
pub(crate) struct Asking {
    pub runtime: Runtime,
    pub model: ModelRef,
    pub language: String,
}

impl Asking {
    /// Questions with answers in place of the chunks, in their order.
    pub(super) fn about(self, chunks: ChunkBatches) -> ChunkBatches {
        let asking = Arc::new(self);
        let asked = chunks.and_then(move |batch| {
            let asking = Arc::clone(&asking);
            async move { asking.ask_all(batch).await }
        });
        asked.boxed()
    }

    async fn ask_all(&self, chunks: Vec<Chunk>) -> Result<Vec<Chunk>, IndexError> {
        let mut answers = stream::iter(chunks).map(|chunk| self.ask(chunk.content)).buffered(AT_ONCE);
        let mut pairs = Vec::new();
        while let Some(answer) = answers.next().await {
            pairs.extend(answer?);
        }
        Ok(pairs)
    }

    /// The questions and answers of one text.
    pub(crate) async fn ask(&self, text: String) -> Result<Vec<Chunk>, IndexError> {
        let mut parameters = Map::new();
        parameters.insert("temperature".to_owned(), json!(qa::TEMPERATURE));
        parameters.insert("max_tokens".to_owned(), json!(qa::MAX_TOKENS));
        let schema = self.runtime.model_schema(
            &self.model.provider,
            core_model_runtime::ModelType::Llm,
            &self.model.model,
            &self.model.credentials,
        );
        // What the model has no rule for is left to it.
        let parameters = match schema {
            Some(schema) => self.runtime.filter_parameters(&schema, &parameters)?,
            None => Map::new(),
        };
        let request = ChatRequest {
            messages: vec![PromptMessage::system(qa::prompt(&self.language)), PromptMessage::user(text)],
            parameters,
            ..ChatRequest::default()
        };
        let reply = self.runtime.chat(&self.model, request).await?;
        Ok(qa::parse(&reply.text).into_iter().map(Chunk::from).collect())
    }
}
