//! What can go wrong on the way out.

use std::error::Error as StdError;

/// A request that was refused, failed or exceeded a limit.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error("invalid URL: {reason}")]
    InvalidUrl { reason: String },
    /// The target is not a public address and the policy does not allow it; or a redirect leads there with a secret
    /// that is meant for another origin.
    #[error("access to `{host}` is not allowed")]
    Forbidden { host: String },
    #[error("cannot resolve `{host}`")]
    Resolve { host: String },
    #[error("cannot connect: {message}")]
    Connect { message: String },
    #[error("the request timed out")]
    Timeout,
    #[error("the response is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("too many redirects")]
    TooManyRedirects,
    /// Only from the download helper: the answer was not a success.
    #[error("the server answered with status {status}")]
    Status { status: u16 },
    /// The request could not be built: an invalid header, a body that cannot be serialised.
    #[error("invalid request: {message}")]
    Request { message: String },
    /// The connection broke, or the answer is not HTTP.
    #[error("the transfer failed: {message}")]
    Transfer { message: String },
    #[error("the HTTP client cannot be built: {message}")]
    Setup { message: String },
}

/// A refusal travelling through the HTTP client's error chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("access to `{host}` is not allowed")]
    Forbidden { host: String },
    #[error("cannot resolve `{host}`")]
    Resolve { host: String },
    #[error("invalid redirect: {reason}")]
    InvalidUrl { reason: String },
    #[error("too many redirects")]
    TooManyRedirects,
    #[error("a redirect to `{host}` with credentials")]
    SecretRedirect { host: String },
}

impl From<&Refusal> for EgressError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Forbidden { host } | Refusal::SecretRedirect { host } => Self::Forbidden { host: host.clone() },
            Refusal::Resolve { host } => Self::Resolve { host: host.clone() },
            Refusal::InvalidUrl { reason } => Self::InvalidUrl { reason: reason.clone() },
            Refusal::TooManyRedirects => Self::TooManyRedirects,
        }
    }
}

/// Also for errors met while reading a response body.
impl From<reqwest::Error> for EgressError {
    fn from(error: reqwest::Error) -> Self {
        // The URL may carry secrets in its query.
        let error = error.without_url();
        if let Some(refusal) = causes(&error).find_map(|cause| cause.downcast_ref::<Refusal>()) {
            return refusal.into();
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        let message = root_message(&error);
        if error.is_connect() {
            Self::Connect { message }
        } else if error.is_builder() {
            Self::Request { message }
        } else {
            Self::Transfer { message }
        }
    }
}

fn causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause: &&'e (dyn StdError + 'static)| (*cause).source())
}

/// The innermost cause says what happened ("connection refused"); the outer layers only say where.
fn root_message(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
