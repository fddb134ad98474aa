//! Whether an endpoint speaks the protocol of extensions.

use std::time::Duration;

use core_app::{Extension, ExtensionFault};
use egress::Client;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use super::ExtensionError;

/// The longest that an extension may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A ping has none.
#[derive(Serialize)]
struct Parameters {}

/// Asks for a pong. Who enters an endpoint is told what is wrong with it.
pub(super) async fn ask(http: &Client, endpoint: &str, key: &SecretString) -> Result<(), ExtensionError> {
    let extension = Extension { endpoint: endpoint.to_owned(), key: key.clone() };
    let answer = extension.ask(http, "ping", &Parameters {}, LIMIT).await.map_err(|fault| {
        ExtensionError::NoPong(match fault {
            ExtensionFault::Egress(error) => error.to_string(),
            ExtensionFault::Unreadable(_) => NO_PONG.to_owned(),
            fault @ (ExtensionFault::NotFound
            | ExtensionFault::Timeout
            | ExtensionFault::Status(_)
            | ExtensionFault::TooLong) => fault.to_string(),
        })
    })?;
    match answer.get("result").and_then(Value::as_str) {
        Some("pong") => Ok(()),
        Some(_) | None => Err(ExtensionError::NoPong(NO_PONG.to_owned())),
    }
}

const NO_PONG: &str = "the endpoint does not answer a ping with a pong";
