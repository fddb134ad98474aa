//! Whether an endpoint speaks the protocol of extensions: every call is a `POST` of a point and its parameters.

use std::time::Duration;

use egress::{Client, EgressError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::ExtensionError;

/// The longest that an extension may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than this is no answer to a ping.
const LONGEST_ANSWER: usize = 64 * 1024;

#[derive(Serialize)]
struct Ping {
    point: &'static str,
    params: Parameters,
}

/// A ping has none.
#[derive(Serialize)]
struct Parameters {}

#[derive(Deserialize)]
struct Pong {
    result: String,
}

/// Asks for a pong.
pub(super) async fn ask(http: &Client, endpoint: &str, key: &SecretString) -> Result<(), ExtensionError> {
    let refused = |e: EgressError| ExtensionError::NoPong(e.to_string());
    let mut response = http
        .post(endpoint)
        .map_err(refused)?
        .bearer_auth(key.expose_secret())
        .timeout(PATIENCE)
        .json(&Ping { point: "ping", params: Parameters {} })
        .send()
        .await
        .map_err(refused)?;
    let status = response.status();
    if !status.is_success() {
        return Err(ExtensionError::NoPong(format!("request error, status_code: {}", status.as_u16())));
    }
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| refused(e.into()))? {
        if answer.len() + piece.len() > LONGEST_ANSWER {
            return Err(ExtensionError::NoPong("the answer is too long".to_owned()));
        }
        answer.extend_from_slice(&piece);
    }
    match serde_json::from_slice::<Pong>(&answer) {
        Ok(pong) if pong.result == "pong" => Ok(()),
        Ok(_) | Err(_) => Err(ExtensionError::NoPong("the endpoint does not answer a ping with a pong".to_owned())),
    }
}
