//! Requests to Qdrant.

use std::time::Duration;

use config::QdrantSettings;
use egress::header::HeaderName;
use egress::{Method, Policy, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::store::StoreError;

/// Of a refusal's text so much is told.
const TOLD: usize = 500;
/// An answer that is larger is none of Qdrant's.
const LARGEST: usize = 256 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(super) struct Client {
    http: egress::Client,
    base: String,
    key: Option<SecretString>,
    limit: Duration,
}

#[derive(Deserialize)]
struct Answer {
    result: Value,
}

/// How Qdrant says that there is no such collection. An unknown path, of an older server, is answered without it.
#[derive(Deserialize)]
struct Missing {
    #[serde(rename = "status")]
    _status: Told,
}

#[derive(Deserialize)]
struct Told {
    #[serde(rename = "error")]
    _error: String,
}

impl Client {
    pub(super) fn new(settings: &QdrantSettings) -> Result<Self, StoreError> {
        let url = settings.url.as_ref().ok_or(StoreError::NotConfigured("qdrant", "set QDRANT_URL"))?;
        let http = egress::Client::new(Policy { allow_private: true, max_redirects: 0, ..Policy::default() })?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, base, key: settings.api_key.clone(), limit: settings.timeout })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, StoreError> {
        let request = self.http.request(method, &format!("{}/{path}", self.base))?.timeout(self.limit);
        Ok(match &self.key {
            Some(key) => request.secret_header(HeaderName::from_static("api-key"), key.expose_secret()),
            None => request,
        })
    }

    /// `None`: there is no such collection.
    async fn result(request: RequestBuilder) -> Result<Option<Value>, StoreError> {
        let mut response = request.send().await?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = egress::next_chunk(&mut response).await? {
            if bytes.len() + chunk.len() > LARGEST {
                return Err(StoreError::Answer("it is too large".to_owned()));
            }
            bytes.extend_from_slice(&chunk);
        }
        if status == StatusCode::NOT_FOUND && serde_json::from_slice::<Missing>(&bytes).is_ok() {
            return Ok(None);
        }
        if !status.is_success() {
            let message = String::from_utf8_lossy(&bytes).chars().take(TOLD).collect();
            return Err(StoreError::Refused { status: status.as_u16(), message });
        }
        let answer: Answer = serde_json::from_slice(&bytes).map_err(|e| StoreError::Answer(e.to_string()))?;
        Ok(Some(answer.result))
    }

    /// Lists collections, for which the key must be right.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        match Self::result(self.request(Method::GET, "collections")?).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::Answer("nothing of Qdrant is at QDRANT_URL".to_owned())),
        }
    }

    pub(super) async fn collection(&self, name: &str) -> Result<Option<Value>, StoreError> {
        Self::result(self.request(Method::GET, &collection_path(name)?)?).await
    }

    pub(super) async fn create(&self, name: &str, body: &Value) -> Result<Option<Value>, StoreError> {
        Self::result(self.request(Method::PUT, &collection_path(name)?)?.json(body)).await
    }

    pub(super) async fn put(&self, name: &str, path: &str, body: &Value) -> Result<Option<Value>, StoreError> {
        let path = format!("{}/{path}", collection_path(name)?);
        Self::result(self.request(Method::PUT, &path)?.json(body)).await
    }

    pub(super) async fn post(&self, name: &str, path: &str, body: &Value) -> Result<Option<Value>, StoreError> {
        let path = format!("{}/{path}", collection_path(name)?);
        Self::result(self.request(Method::POST, &path)?.json(body)).await
    }
}

/// A name becomes part of a path: nothing in it may lead elsewhere.
fn collection_path(name: &str) -> Result<String, StoreError> {
    let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if is_plain { Ok(format!("collections/{name}")) } else { Err(StoreError::Name(name.to_owned())) }
}
