//! Small downloads with a size and a time limit.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use server_timing::{Waited, waiting};
use url::Url;

use crate::Response;
use crate::client::Client;
use crate::error::EgressError;

/// A downloaded body and what the server said about it.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub bytes: Bytes,
    pub content_type: Option<String>,
    pub content_disposition: Option<String>,
    /// Where the body came from after redirects.
    pub url: Url,
}

impl Client {
    /// Downloads `url`. Anything but a success status is an error; a body above `max_bytes` is not read to its end.
    pub async fn fetch_limited(&self, url: &str, max_bytes: u64, limit: Duration) -> Result<Fetched, EgressError> {
        let response = self.get(url)?.timeout(limit).send().await?;
        if !response.status().is_success() {
            return Err(EgressError::Status { status: response.status().as_u16() });
        }
        let content_type = text_header(&response, CONTENT_TYPE);
        let content_disposition = text_header(&response, CONTENT_DISPOSITION);
        let url = response.url().clone();
        let bytes = read_limited(response, max_bytes).await?;
        Ok(Fetched { bytes, content_type, content_disposition, url })
    }
}

fn text_header(response: &Response, name: HeaderName) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The next piece of a body, `None` at its end. Reading bodies here enters the wait into the request's account.
///
/// # Errors
/// When the connection breaks, or its time is over.
pub async fn next_chunk(response: &mut Response) -> Result<Option<Bytes>, EgressError> {
    waiting(Waited::Upstream, response.chunk()).await.map_err(EgressError::from)
}

/// Counts what arrives, not what the server announced.
async fn read_limited(mut response: Response, limit: u64) -> Result<Bytes, EgressError> {
    if response.content_length().is_some_and(|announced| announced > limit) {
        return Err(EgressError::TooLarge { limit });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = next_chunk(&mut response).await? {
        let total = u64::try_from(body.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
        if total > limit {
            return Err(EgressError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
