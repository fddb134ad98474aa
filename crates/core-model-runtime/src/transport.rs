//! Talking HTTP to an upstream: one request, its time limits, its errors in the runtime's words.

mod events;
mod failure;
mod sse;
mod watch;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use egress::{EgressError, RequestBuilder, Response};
use json_text::without_lone_surrogates;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

pub(crate) use events::{Decode, Step, deltas};
pub(crate) use failure::{ErrorBody, from_error_object};
pub(crate) use sse::Framing;
pub(crate) use watch::Watch;

use crate::error::InvokeError;
use crate::id::ProviderId;
use crate::runtime::Limits;

/// Where the requests of one call go: the HTTP client, the limits and the clock of that call.
#[derive(Debug, Clone)]
pub struct Upstream {
    http: egress::Client,
    limits: Arc<Limits>,
    provider: Arc<str>,
    started: Instant,
}

impl Upstream {
    pub(crate) fn new(http: egress::Client, limits: Arc<Limits>, provider: &ProviderId) -> Self {
        Self { http, limits, provider: Arc::from(provider.provider.as_str()), started: Instant::now() }
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The provider's short name, as error texts show it.
    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    pub(crate) fn post(&self, url: &str) -> Result<RequestBuilder, InvokeError> {
        self.http.post(url).map_err(|error| self.egress(error))
    }

    pub(crate) fn get(&self, url: &str) -> Result<RequestBuilder, InvokeError> {
        self.http.get(url).map_err(|error| self.egress(error))
    }

    /// Sends a request whose answer is a stream. The watch goes on ticking over the stream.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<(Response, Watch), InvokeError> {
        let mut watch = Watch::start(self.started, &self.limits);
        match watch.limit(request.send()).await {
            Err(elapsed) => Err(self.connection(elapsed.to_string())),
            Ok(Err(error)) => Err(self.egress(error)),
            Ok(Ok(response)) if response.status().is_success() => Ok((response, watch)),
            Ok(Ok(response)) => Err(self.refusal(response).await),
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: RequestBuilder) -> Result<Bytes, InvokeError> {
        let deadline = self.started + self.limits.total;
        let whole = async {
            let response = request.send().await.map_err(|error| self.egress(error))?;
            if !response.status().is_success() {
                return Err(self.refusal(response).await);
            }
            self.read_body(response, self.limits.max_body_bytes).await
        };
        match tokio::time::timeout_at(deadline, whole).await {
            Ok(result) => result,
            Err(_elapsed) => Err(self.connection("the request timed out")),
        }
    }

    /// The rest of an answer that was expected to be a stream and is not.
    pub(crate) async fn rest(&self, response: Response) -> Result<Bytes, InvokeError> {
        let deadline = self.started + self.limits.total;
        match tokio::time::timeout_at(deadline, self.read_body(response, self.limits.max_body_bytes)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(self.connection("the request timed out")),
        }
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, InvokeError> {
        let read = match std::str::from_utf8(body) {
            Ok(text) => serde_json::from_str(&without_lone_surrogates(text)),
            // Says where.
            Err(_no_text) => serde_json::from_slice(body),
        };
        read.map_err(|error| self.bad_request(format!("the upstream's answer is not understood: {error}")))
    }

    async fn read_body(&self, mut response: Response, limit: usize) -> Result<Bytes, InvokeError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = egress::next_chunk(&mut response).await.map_err(|error| self.egress(error))? {
            if body.len() + chunk.len() > limit {
                return Err(self.connection(format!("the answer is larger than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    pub(crate) fn egress(&self, error: EgressError) -> InvokeError {
        match error {
            EgressError::InvalidUrl { .. } | EgressError::Forbidden { .. } | EgressError::Request { .. } => {
                self.bad_request(error.to_string())
            }
            EgressError::Resolve { .. }
            | EgressError::Connect { .. }
            | EgressError::Timeout
            | EgressError::TooLarge { .. }
            | EgressError::TooManyRedirects
            | EgressError::Status { .. }
            | EgressError::Transfer { .. }
            | EgressError::Setup { .. } => self.connection(error.to_string()),
        }
    }

    pub(crate) fn connection(&self, message: impl Into<String>) -> InvokeError {
        InvokeError::Connection { provider: self.provider().to_owned(), message: message.into() }
    }

    pub(crate) fn bad_request(&self, message: impl Into<String>) -> InvokeError {
        InvokeError::BadRequest { provider: self.provider().to_owned(), message: message.into() }
    }
}
