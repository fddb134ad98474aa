//! Why a model call failed: the small closed set that callers branch on.

use std::time::Duration;

#[derive(Debug, Clone, thiserror::Error)]
pub enum InvokeError {
    /// Name resolution, connecting, reading, a time limit, or a stream that ended too early.
    #[error("[{provider}] Connection Error, {message}")]
    Connection { provider: String, message: String },
    /// The upstream is down or overloaded.
    #[error("[{provider}] Server Unavailable Error, {message}")]
    ServerUnavailable { provider: String, message: String },
    #[error("[{provider}] Rate Limit Error, {message}")]
    RateLimited { provider: String, message: String, retry_after: Option<Duration> },
    /// The message is the upstream's and not part of the text that users see.
    #[error("[{provider}] Incorrect model credentials provided, please check and try again.")]
    Unauthorized { provider: String, message: String },
    #[error("[{provider}] Bad Request Error, {message}")]
    BadRequest { provider: String, message: String },
    /// A model parameter does not fit its rule; nothing was sent.
    #[error("Model Parameter {name} {message}")]
    InvalidParameter { name: String, message: String },
    /// Neither the catalogue nor the credentials describe such a model.
    #[error("Model {model} of provider {provider} not found.")]
    ModelNotFound { provider: String, model: String },
    /// The provider failed repeatedly for this workspace; nothing was sent.
    #[error("[{provider}] Server Unavailable Error, the provider failed repeatedly; try again in {} s", .retry_after.as_secs().max(1))]
    BreakerOpen { provider: String, retry_after: Duration },
}

impl InvokeError {
    /// A short name for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Connection { .. } => "connection",
            Self::ServerUnavailable { .. } => "server_unavailable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized { .. } => "unauthorized",
            Self::BadRequest { .. } => "bad_request",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::ModelNotFound { .. } => "model_not_found",
            Self::BreakerOpen { .. } => "breaker_open",
        }
    }

    /// Whether another model might answer where this one did not: its provider is away, overloaded or refuses us.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Connection { .. }
            | Self::ServerUnavailable { .. }
            | Self::RateLimited { .. }
            | Self::Unauthorized { .. }
            | Self::BreakerOpen { .. }
            | Self::ModelNotFound { .. } => true,
            Self::BadRequest { .. } | Self::InvalidParameter { .. } => false,
        }
    }

    /// When it makes sense to try again, where the upstream (or the breaker) said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            Self::BreakerOpen { retry_after, .. } => Some(*retry_after),
            Self::Connection { .. }
            | Self::ServerUnavailable { .. }
            | Self::Unauthorized { .. }
            | Self::BadRequest { .. }
            | Self::InvalidParameter { .. }
            | Self::ModelNotFound { .. } => None,
        }
    }

    /// The upstream's own words, where there are any.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Connection { message, .. }
            | Self::ServerUnavailable { message, .. }
            | Self::RateLimited { message, .. }
            | Self::Unauthorized { message, .. }
            | Self::BadRequest { message, .. }
            | Self::InvalidParameter { message, .. } => Some(message),
            Self::ModelNotFound { .. } | Self::BreakerOpen { .. } => None,
        }
    }
}
