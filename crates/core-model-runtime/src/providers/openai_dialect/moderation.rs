//! Moderation.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use crate::capability::Moderation;
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::transport::Upstream;

pub(crate) struct DialectModeration(pub Locate);

#[derive(Deserialize)]
struct Reply {
    results: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    flagged: bool,
}

#[async_trait]
impl Moderation for DialectModeration {
    async fn flagged(&self, upstream: &Upstream, model: &ModelRef, texts: &[String]) -> Result<bool, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let body = json!({"model": endpoint.model, "input": texts});
        let body = upstream.exchange(endpoint.post(upstream, "/moderations")?.json(&body)).await?;
        Ok(upstream.parse::<Reply>(&body)?.results.iter().any(|verdict| verdict.flagged))
    }
}
