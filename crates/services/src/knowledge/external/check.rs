//! Whether an external knowledge API can be used.

use std::time::Duration;

use egress::Client;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::knowledge::KnowledgeError;

/// The longest that an API may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// The endpoint without a slash at its end.
///
/// # Errors
/// `Invalid` for what is no web address.
pub(super) fn endpoint(entered: &str) -> Result<String, KnowledgeError> {
    let entered = entered.trim().trim_end_matches('/');
    if entered.is_empty() {
        return Err(KnowledgeError::invalid("endpoint is required"));
    }
    match Url::parse(entered) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(entered.to_owned()),
        Ok(_) | Err(_) => {
            Err(KnowledgeError::invalid(format!("invalid endpoint: {entered} must start with http:// or https://")))
        }
    }
}

/// Whether two endpoints are at the same scheme, host and port.
pub(super) fn same_place(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// Calls the API with its key. What it answers to an empty question does not matter as long as it is there.
///
/// # Errors
/// `Invalid` where it cannot be reached, is not there, or refuses the key.
pub(super) async fn answers(http: &Client, endpoint: &str, key: &SecretString) -> Result<(), KnowledgeError> {
    if key.expose_secret().is_empty() {
        return Err(KnowledgeError::invalid("api_key is required"));
    }
    let address = format!("{endpoint}/retrieval");
    let unreachable = |e| {
        tracing::info!(error = %e, "an external knowledge API could not be reached");
        KnowledgeError::invalid(format!("failed to connect to the endpoint: {address}"))
    };
    let call = http.post(&address).map_err(unreachable)?.bearer_auth(key.expose_secret()).timeout(PATIENCE);
    let status = call.send().await.map_err(unreachable)?.status().as_u16();
    match status {
        502 => Err(KnowledgeError::invalid(format!("Bad Gateway: failed to connect to the endpoint: {address}"))),
        404 => Err(KnowledgeError::invalid(format!("Not Found: failed to connect to the endpoint: {address}"))),
        403 => Err(KnowledgeError::invalid("Forbidden: Authorization failed with api_key")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_web_addresses() {
        assert_eq!(endpoint(" https://a.example/v1/ ").unwrap(), "https://a.example/v1");
        for bad in ["", "/", "a.example", "ftp://a.example", "http://", "file:///etc"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_stays_where_it_was_entered_for() {
        assert!(same_place("https://a.example/v1", "https://a.example/v2"));
        for other in ["http://a.example/v1", "https://a.example:8443/v1", "https://b.example/v1", ""] {
            assert!(!same_place("https://a.example/v1", other), "{other}");
        }
    }
}
