//! Building and sending one request.

use std::fmt::Display;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use serde::Serialize;
use server_timing::{Waited, waiting};
use url::Url;

use crate::client::{Client, counted};
use crate::error::EgressError;
use crate::paced::Paced;
use crate::patience::{Patience, Stages};
use crate::{Body, Method, Response, StatusCode, multipart};

/// A request to a checked URL. Invalid parts are reported by [`RequestBuilder::send`].
#[derive(Debug)]
pub struct RequestBuilder {
    inner: reqwest::RequestBuilder,
    client: Client,
    verify_certificates: bool,
    patience: Option<Patience>,
}

impl RequestBuilder {
    pub(crate) fn new(client: Client, method: Method, url: Url) -> Self {
        Self {
            inner: client.verified().anywhere.request(method, url),
            client,
            verify_certificates: true,
            patience: None,
        }
    }

    fn with(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { inner: change(self.inner), ..self }
    }

    #[must_use]
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        self.with(|inner| inner.header(name, value))
    }

    /// A header whose value must not be shown in logs and must not reach another origin: the request then follows no
    /// redirect that leaves the one it was made for.
    #[must_use]
    pub fn secret_header(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(mut secret) => {
                secret.set_sensitive(true);
                self.with(|inner| inner.header(name, secret))
            }
            // The string form keeps the error until the request is sent.
            Err(_invalid) => self.with(|inner| inner.header(name, value)),
        }
    }

    /// Adds headers, replacing those of the same name.
    #[must_use]
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.with(|inner| inner.headers(headers))
    }

    #[must_use]
    pub fn bearer_auth(self, token: impl Display) -> Self {
        self.with(|inner| inner.bearer_auth(token))
    }

    #[must_use]
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        self.with(|inner| inner.query(query))
    }

    #[must_use]
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        self.with(|inner| inner.json(body))
    }

    #[must_use]
    pub fn form<T: Serialize + ?Sized>(self, body: &T) -> Self {
        self.with(|inner| inner.form(body))
    }

    #[must_use]
    pub fn multipart(self, form: multipart::Form) -> Self {
        self.with(|inner| inner.multipart(form))
    }

    #[must_use]
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.with(|inner| inner.body(body))
    }

    /// Limits the whole exchange, the response body included.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.with(|inner| inner.timeout(limit))
    }

    /// Limits the way to the head of the answer.
    #[must_use]
    pub fn patience(self, patience: Patience) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Talks to a server whatever certificate it shows: for a person who says that they know it.
    #[must_use]
    pub fn any_certificate(self) -> Self {
        Self { verify_certificates: false, ..self }
    }

    /// Sends the request and waits for the response head.
    pub async fn send(self) -> Result<Response, EgressError> {
        waiting(Waited::Upstream, self.exchange()).await
    }

    async fn exchange(self) -> Result<Response, EgressError> {
        let mut request = self.inner.build().map_err(EgressError::from)?;
        let clients =
            if self.verify_certificates { self.client.verified().clone() } else { self.client.unverified()? };
        let client = if has_own_secrets(request.headers()) { clients.same_origin } else { clients.anywhere };
        let Some(patience) = self.patience else {
            return client.execute(request).await.map_err(EgressError::from).map_err(counted);
        };
        let stages = Stages::new();
        let whole = request.try_clone();
        let is_paced = request.body().is_some();
        if let Some(body) = request.body_mut().take() {
            *request.body_mut() = Some(Body::wrap(Paced::new(body, stages.progress())));
        }
        let answer = patience.wait(stages, client.execute(request)).await.map_err(counted)?;
        match whole {
            // A body that tells how it goes out can be sent only once, but these answers want it elsewhere again.
            Some(whole) if is_paced && wants_the_body_elsewhere(&answer) => {
                patience.wait(Stages::new(), client.execute(whole)).await.map_err(counted)
            }
            _ => Ok(answer),
        }
    }
}

fn wants_the_body_elsewhere(answer: &Response) -> bool {
    matches!(answer.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
}

/// Whether a redirect to another origin would carry a secret along. The standard headers for credentials are dropped
/// there by the client itself.
fn has_own_secrets(headers: &HeaderMap) -> bool {
    let standard = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    headers.iter().any(|(name, value)| value.is_sensitive() && !standard.contains(name))
}
