//! Chat and completion calls.

use async_trait::async_trait;
use egress::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName};
use egress::{RequestBuilder, Response};
use futures::{StreamExt, stream};

use crate::capability::{ChatCall, ChatModel, Delta, DeltaStream};
use crate::error::InvokeError;
use crate::providers::openai_dialect::decode::{Events, delta};
use crate::providers::openai_dialect::endpoint::{Endpoint, Locate};
use crate::providers::openai_dialect::map;
use crate::providers::openai_dialect::wire::Reply;
use crate::schema::ModelMode;
use crate::transport::{Upstream, deltas};

pub(crate) struct DialectChat(pub Locate);

#[async_trait]
impl ChatModel for DialectChat {
    async fn stream(&self, upstream: &Upstream, call: &ChatCall) -> Result<DeltaStream, InvokeError> {
        let endpoint = self.0(upstream, &call.model)?;
        let request = request(upstream, &endpoint, call, true)?
            // A compressed stream arrives in lumps.
            .header(ACCEPT_ENCODING, "identity")
            .header(HeaderName::from_static("accept"), "text/event-stream");
        let (response, watch) = upstream.open(request).await?;
        if is_json(&response) {
            let whole = delta(upstream.provider(), upstream.parse::<Reply>(&upstream.rest(response).await?)?);
            return Ok(stream::iter([whole]).boxed());
        }
        Ok(deltas(upstream, (response, watch), endpoint.framing, Events::new(upstream.provider())))
    }

    async fn complete(&self, upstream: &Upstream, call: &ChatCall) -> Result<Delta, InvokeError> {
        let endpoint = self.0(upstream, &call.model)?;
        let body = upstream.exchange(request(upstream, &endpoint, call, false)?).await?;
        delta(upstream.provider(), upstream.parse::<Reply>(&body)?)
    }
}

/// Some servers answer in one piece although a stream was asked for.
fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/json"))
}

fn request(
    upstream: &Upstream,
    endpoint: &Endpoint,
    call: &ChatCall,
    stream: bool,
) -> Result<RequestBuilder, InvokeError> {
    let body = map::body(endpoint, call, stream).map_err(|reason| upstream.bad_request(reason))?;
    let path = match map::mode(endpoint, call) {
        ModelMode::Chat => "/chat/completions",
        ModelMode::Completion => "/completions",
    };
    Ok(endpoint.post(upstream, path)?.json(&body))
}
