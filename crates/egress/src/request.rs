//! Building and sending one request.

use std::fmt::Display;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::client::counted;
use crate::error::EgressError;
use crate::{Body, Response, multipart};

/// A request to a checked URL. Invalid parts are reported by [`RequestBuilder::send`].
#[derive(Debug)]
pub struct RequestBuilder {
    inner: reqwest::RequestBuilder,
}

impl RequestBuilder {
    pub(crate) fn new(inner: reqwest::RequestBuilder) -> Self {
        Self { inner }
    }

    #[must_use]
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        Self { inner: self.inner.header(name, value) }
    }

    /// A header whose value must not be shown in logs.
    #[must_use]
    pub fn secret_header(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(mut secret) => {
                secret.set_sensitive(true);
                Self { inner: self.inner.header(name, secret) }
            }
            // The string form keeps the error until the request is sent.
            Err(_invalid) => Self { inner: self.inner.header(name, value) },
        }
    }

    /// Adds headers, replacing those of the same name.
    #[must_use]
    pub fn headers(self, headers: HeaderMap) -> Self {
        Self { inner: self.inner.headers(headers) }
    }

    #[must_use]
    pub fn bearer_auth(self, token: impl Display) -> Self {
        Self { inner: self.inner.bearer_auth(token) }
    }

    #[must_use]
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        Self { inner: self.inner.query(query) }
    }

    #[must_use]
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        Self { inner: self.inner.json(body) }
    }

    #[must_use]
    pub fn form<T: Serialize + ?Sized>(self, body: &T) -> Self {
        Self { inner: self.inner.form(body) }
    }

    #[must_use]
    pub fn multipart(self, form: multipart::Form) -> Self {
        Self { inner: self.inner.multipart(form) }
    }

    #[must_use]
    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { inner: self.inner.body(body) }
    }

    /// Limits the whole exchange, the response body included.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        Self { inner: self.inner.timeout(limit) }
    }

    /// Sends the request and waits for the response head.
    pub async fn send(self) -> Result<Response, EgressError> {
        self.inner.send().await.map_err(|error| counted(error.into()))
    }
}
