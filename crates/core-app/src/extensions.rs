//! Extensions that a workspace reaches by HTTP.
//!
//! Every call is a `POST` of a point and its parameters, with the extension's key; the answer is a JSON object. Whoever
//! answers is a stranger: addresses are guarded, and time and size are limited.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use egress::{EgressError, Patience, StatusCode, next_chunk};
use models::TenantId;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::GenerateError;

const CONNECT: Duration = Duration::from_secs(5);
/// Extensions may send all inputs back.
const LARGEST: usize = 4 * 1024 * 1024;

/// An extension, ready to be asked.
#[derive(Debug, Clone)]
pub struct Extension {
    pub endpoint: String,
    pub key: SecretString,
}

/// Why an extension gave no answer. The texts go to whoever talks to the app: they do not say where it is.
#[derive(Debug, thiserror::Error)]
pub enum ExtensionFault {
    #[error("API-based Extension not found. Please check it again.")]
    NotFound,
    #[error("request timeout")]
    Timeout,
    #[error("request connection error")]
    Egress(#[source] EgressError),
    #[error("request error, status_code: {0}")]
    Status(u16),
    #[error("the answer of the API-based Extension is too long")]
    TooLong,
    /// No JSON object, or not the one that was asked for; the text says what it lacks.
    #[error("the answer of the API-based Extension cannot be read: {0}")]
    Unreadable(String),
}

impl From<EgressError> for ExtensionFault {
    fn from(e: EgressError) -> Self {
        match e {
            EgressError::Timeout => Self::Timeout,
            EgressError::TooLarge { .. } => Self::TooLong,
            EgressError::InvalidUrl { .. }
            | EgressError::Forbidden { .. }
            | EgressError::Resolve { .. }
            | EgressError::Connect { .. }
            | EgressError::TooManyRedirects
            | EgressError::Status { .. }
            | EgressError::Request { .. }
            | EgressError::Transfer { .. }
            | EgressError::Setup { .. } => Self::Egress(e),
        }
    }
}

#[derive(Serialize)]
struct Call<'a, P> {
    point: &'a str,
    params: &'a P,
}

impl Extension {
    /// Asks at one of its points. `limit`: the longest that it may take.
    ///
    /// # Errors
    /// Whatever keeps it from being a JSON object within the limits.
    pub async fn ask<P: Serialize>(
        &self,
        http: &egress::Client,
        point: &str,
        params: &P,
        limit: Duration,
    ) -> Result<Map<String, Value>, ExtensionFault> {
        let patience = Patience { connect: CONNECT, write: limit, head: limit };
        let request = http.post(&self.endpoint)?.bearer_auth(self.key.expose_secret());
        let mut response = request.json(&Call { point, params }).timeout(limit).patience(patience).send().await?;
        if response.status() != StatusCode::OK {
            return Err(ExtensionFault::Status(response.status().as_u16()));
        }
        let mut answer = Vec::new();
        while let Some(piece) = next_chunk(&mut response).await? {
            if answer.len() + piece.len() > LARGEST {
                return Err(ExtensionFault::TooLong);
            }
            answer.extend_from_slice(&piece);
        }
        let answer: Map<String, Value> =
            serde_json::from_slice(&answer).map_err(|e| ExtensionFault::Unreadable(e.to_string()))?;
        Ok(answer.into_iter().map(|(name, value)| (name, without_nul(value))).collect())
    }
}

/// Texts of strangers may hold NULs, which Postgres cannot store. Parsed JSON is never deeper than its parser allows.
fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nul).collect()),
        Value::Object(fields) => {
            let clean = |(name, value): (String, Value)| (name.replace('\0', ""), without_nul(value));
            Value::Object(fields.into_iter().map(clean).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// Finds a workspace's extensions with their keys.
#[async_trait]
pub trait ExtensionSource: Send + Sync {
    /// An extension of the workspace.
    ///
    /// # Errors
    /// When it cannot be looked up, or its key cannot be read.
    async fn extension(&self, tenant: TenantId, id: Uuid) -> Result<Option<Extension>, GenerateError>;
}

/// Asks extensions of workspaces. Cheap to clone.
#[derive(Clone)]
pub struct Extensions {
    source: Arc<dyn ExtensionSource>,
    http: egress::Client,
    limit: Duration,
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").finish_non_exhaustive()
    }
}

/// Why an extension could not be asked, or gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(transparent)]
    Fault(#[from] ExtensionFault),
    /// Of ours.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

impl From<AskError> for GenerateError {
    fn from(e: AskError) -> Self {
        match e {
            AskError::Fault(fault) => Self::InvalidParam(fault.to_string()),
            AskError::Generate(error) => error,
        }
    }
}

impl Extensions {
    /// `limit`: the longest that an extension may take.
    pub fn new(source: Arc<dyn ExtensionSource>, http: egress::Client, limit: Duration) -> Self {
        Self { source, http, limit }
    }

    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Asks an extension of the workspace.
    pub(crate) async fn ask<P: Serialize>(
        &self,
        tenant: TenantId,
        id: Option<Uuid>,
        point: &str,
        params: &P,
    ) -> Result<Map<String, Value>, AskError> {
        let id = id.ok_or(ExtensionFault::NotFound)?;
        let extension = self.source.extension(tenant, id).await?.ok_or(ExtensionFault::NotFound)?;
        let answer = extension.ask(&self.http, point, params, self.limit).await;
        if let Err(fault) = &answer {
            let why = if let ExtensionFault::Egress(error) = fault { error.to_string() } else { fault.to_string() };
            tracing::info!(extension.id = %id, tenant.id = %tenant, point, error = why, "an extension gave no answer");
        }
        Ok(answer?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nuls_are_removed_wherever_they_are() {
        let value = json!({"a\u{0}": ["x\u{0}y", {"b": "\u{0}"}], "n": 1, "c": null});
        assert_eq!(without_nul(value), json!({"a": ["xy", {"b": ""}], "n": 1, "c": null}));
    }
}
