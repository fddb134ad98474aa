//! Requests to the server.

use async_trait::async_trait;
use egress::RequestBuilder;
use egress::header::ACCEPT_ENCODING;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::capability::{
    ChatCall, ChatModel, Delta, DeltaStream, Embedded, EmbeddingInput, Rerank, RerankedDocument, TextEmbedding,
};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::providers::ollama::decode::{self, Lines};
use crate::providers::ollama::map;
use crate::providers::ollama::wire::{Embeddings, Reply};
use crate::providers::relevance::Ranking;
use crate::schema::ModelMode;
use crate::transport::{Framing, Upstream, deltas};

/// Enough for every model to answer at all.
const PING_TOKENS: u32 = 5;

pub(super) struct Api;

#[async_trait]
impl ChatModel for Api {
    async fn stream(&self, upstream: &Upstream, call: &ChatCall) -> Result<DeltaStream, InvokeError> {
        let body = map::body(call, true).map_err(|reason| upstream.bad_request(reason))?;
        // A compressed stream arrives in lumps.
        let request =
            post(upstream, &call.model.credentials, path(call))?.json(&body).header(ACCEPT_ENCODING, "identity");
        let answer = upstream.open(request).await?;
        Ok(deltas(upstream, answer, Framing::JsonLines, Lines::new(upstream.provider())))
    }

    async fn complete(&self, upstream: &Upstream, call: &ChatCall) -> Result<Delta, InvokeError> {
        let body = map::body(call, false).map_err(|reason| upstream.bad_request(reason))?;
        let body = upstream.exchange(post(upstream, &call.model.credentials, path(call))?.json(&body)).await?;
        decode::delta(upstream.provider(), upstream.parse::<Reply>(&body)?)
    }
}

fn path(call: &ChatCall) -> &'static str {
    match map::mode(call) {
        ModelMode::Chat => "/api/chat",
        ModelMode::Completion => "/api/generate",
    }
}

#[async_trait]
impl TextEmbedding for Api {
    /// Models that distinguish documents from queries do so by words in the text, which is not ours to add.
    async fn embed(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        texts: &[String],
        _input: EmbeddingInput,
    ) -> Result<Embedded, InvokeError> {
        let mut body = json!({"model": model.model, "input": texts, "truncate": true});
        if let (Some(context), Some(body)) = (model.credentials.number("context_size"), body.as_object_mut()) {
            body.insert("options".to_owned(), json!({"num_ctx": context}));
        }
        let body = upstream.exchange(post(upstream, &model.credentials, "/api/embed")?.json(&body)).await?;
        let reply: Embeddings = upstream.parse(&body)?;
        Ok(Embedded { vectors: reply.embeddings, tokens: reply.prompt_eval_count.filter(|&tokens| tokens > 0) })
    }
}

#[async_trait]
impl Rerank for Api {
    /// Servers that rerank do so in the shape that all rerankers share.
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
        let body = upstream.exchange(post(upstream, &model.credentials, "/api/rerank")?.json(&body)).await?;
        Ok(upstream.parse::<Ranking>(&body)?.resolve(documents))
    }
}

/// Asks a model for a few tokens; a model that is not installed is refused with its name.
pub(super) async fn ping(upstream: &Upstream, model: &ModelRef) -> Result<(), InvokeError> {
    let options = json!({"num_predict": PING_TOKENS});
    let completion = model.credentials.get("mode") == Some("completion");
    let (path, body) = if completion {
        ("/api/generate", json!({"model": model.model, "prompt": "ping", "stream": false, "options": options}))
    } else {
        let messages = json!([{"role": "user", "content": "ping"}]);
        ("/api/chat", json!({"model": model.model, "messages": messages, "stream": false, "options": options}))
    };
    let body = upstream.exchange(post(upstream, &model.credentials, path)?.json(&body)).await?;
    let reply: Reply = upstream.parse(&body)?;
    if reply.message.is_none() && reply.response.is_none() && reply.error.is_none() {
        return Err(upstream.bad_request("the answer is not that of an Ollama server"));
    }
    decode::delta(upstream.provider(), reply).map(drop)
}

/// Lists what is installed.
pub(super) async fn list_models(upstream: &Upstream, credentials: &Credentials) -> Result<(), InvokeError> {
    #[derive(Deserialize)]
    struct List {
        #[serde(rename = "models")]
        _models: Vec<IgnoredAny>,
    }
    let request = authorize(upstream.get(&url(upstream, credentials, "/api/tags")?)?, credentials);
    let body = upstream.exchange(request).await?;
    upstream.parse::<List>(&body).map(|_list| ())
}

fn post(upstream: &Upstream, credentials: &Credentials, path: &str) -> Result<RequestBuilder, InvokeError> {
    Ok(authorize(upstream.post(&url(upstream, credentials, path)?)?, credentials))
}

fn url(upstream: &Upstream, credentials: &Credentials, path: &str) -> Result<String, InvokeError> {
    let base = credentials.get("base_url").ok_or_else(|| upstream.bad_request("the credentials name no base URL"))?;
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/api").unwrap_or(base);
    Ok(format!("{base}{path}"))
}

fn authorize(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    match credentials.get("api_key") {
        Some(key) => request.bearer_auth(key),
        None => request,
    }
}
