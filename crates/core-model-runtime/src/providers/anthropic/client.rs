//! Requests to the messages API.

use async_trait::async_trait;
use egress::RequestBuilder;
use egress::header::{ACCEPT_ENCODING, HeaderName};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::capability::{ChatCall, ChatModel, Delta, DeltaStream};
use crate::chat::ModelRef;
use crate::credentials::Credentials;
use crate::error::InvokeError;
use crate::providers::anthropic::decode::{self, Events};
use crate::providers::anthropic::map;
use crate::providers::anthropic::wire::Reply;
use crate::transport::{Framing, Upstream, deltas};

const DEFAULT_BASE: &str = "https://api.anthropic.com";
const VERSION: &str = "2023-06-01";

pub(super) struct Messages;

#[async_trait]
impl ChatModel for Messages {
    async fn stream(&self, upstream: &Upstream, call: &ChatCall) -> Result<DeltaStream, InvokeError> {
        let body = map::body(call, true).map_err(|reason| upstream.bad_request(reason))?;
        let request = post(upstream, &call.model.credentials)?
            .json(&body)
            // A compressed stream arrives in lumps.
            .header(ACCEPT_ENCODING, "identity");
        let answer = upstream.open(request).await?;
        Ok(deltas(upstream, answer, Framing::BlankLine, Events::new(upstream.provider())))
    }

    async fn complete(&self, upstream: &Upstream, call: &ChatCall) -> Result<Delta, InvokeError> {
        let body = map::body(call, false).map_err(|reason| upstream.bad_request(reason))?;
        let body = upstream.exchange(post(upstream, &call.model.credentials)?.json(&body)).await?;
        Ok(decode::reply(upstream.parse::<Reply>(&body)?))
    }
}

fn url(credentials: &Credentials, path: &str) -> String {
    let base = credentials.get("anthropic_api_url").unwrap_or(DEFAULT_BASE).trim().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    format!("{base}/v1{path}")
}

fn post(upstream: &Upstream, credentials: &Credentials) -> Result<RequestBuilder, InvokeError> {
    Ok(authorize(upstream.post(&url(credentials, "/messages"))?, credentials))
}

fn authorize(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    request
        .secret_header(HeaderName::from_static("x-api-key"), credentials.get("anthropic_api_key").unwrap_or_default())
        .header(HeaderName::from_static("anthropic-version"), VERSION)
}

/// Every valid key may list the models, and it costs nothing.
pub(super) async fn list_models(upstream: &Upstream, credentials: &Credentials) -> Result<(), InvokeError> {
    #[derive(Deserialize)]
    struct List {
        #[serde(rename = "data")]
        _data: Vec<IgnoredAny>,
    }
    let request = authorize(upstream.get(&url(credentials, "/models?limit=1"))?, credentials);
    let body = upstream.exchange(request).await?;
    upstream.parse::<List>(&body).map(|_list| ())
}

/// Asks a model for a few tokens.
pub(super) async fn ping(upstream: &Upstream, model: &ModelRef) -> Result<(), InvokeError> {
    let body = json!({
        "model": model.model, "max_tokens": 8, "messages": [{"role": "user", "content": "ping"}],
    });
    let body = upstream.exchange(post(upstream, &model.credentials)?.json(&body)).await?;
    upstream.parse::<Reply>(&body).map(|_reply| ())
}
