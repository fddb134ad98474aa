//! Small real calls that show whether credentials work.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Endpoint;
use crate::providers::openai_dialect::wire::Reply;
use crate::schema::ModelMode;
use crate::transport::{Upstream, from_error_object};

/// Enough for every model family to answer at all.
const PING_TOKENS: u32 = 16;

/// Asks the model for a few tokens.
pub(crate) async fn ping(upstream: &Upstream, endpoint: &Endpoint) -> Result<(), InvokeError> {
    let limit = endpoint.length_limit.name();
    let (path, expected, body) = match endpoint.mode {
        ModelMode::Chat => (
            "/chat/completions",
            "chat.completion",
            json!({"model": endpoint.model, "messages": [{"role": "user", "content": "ping"}], limit: PING_TOKENS}),
        ),
        ModelMode::Completion => {
            ("/completions", "text_completion", json!({"model": endpoint.model, "prompt": "ping", limit: PING_TOKENS}))
        }
    };
    let body = upstream.exchange(endpoint.post(upstream, path)?.json(&body)).await?;
    let reply: Reply = upstream.parse(&body)?;
    if let Some(error) = reply.error {
        return Err(from_error_object(upstream.provider(), error));
    }
    match reply.object.as_deref() {
        // Some servers leave it out.
        None | Some("") => Ok(()),
        Some(object) if object == expected => Ok(()),
        Some(other) => Err(upstream.bad_request(format!("the answer is a {other}, not a {expected}"))),
    }
}

/// Lists the models, which every valid key may do.
pub(crate) async fn list_models(upstream: &Upstream, endpoint: &Endpoint) -> Result<(), InvokeError> {
    #[derive(Deserialize)]
    struct List {
        #[serde(rename = "data")]
        _data: Vec<IgnoredAny>,
    }
    let body = upstream.exchange(endpoint.get(upstream, "/models")?).await?;
    upstream.parse::<List>(&body).map(|_list| ())
}
