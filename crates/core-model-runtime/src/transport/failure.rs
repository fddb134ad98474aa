//! Upstream refusals in the runtime's words.

use std::time::Duration;

use egress::header::HeaderMap;
use egress::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::error::InvokeError;
use crate::transport::Upstream;

/// Of an error body this much is read, and of its text this much is shown.
const MAX_ERROR_BODY: usize = 64 * 1024;
const MAX_ERROR_CHARS: usize = 1000;
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// The error object most vendors send: `{"message", "type", "code"}`; some send a bare text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ErrorBody {
    Text(String),
    Object {
        #[serde(default)]
        message: Option<String>,
        #[serde(rename = "type", default)]
        kind: Option<String>,
        #[serde(default)]
        code: Option<Value>,
    },
}

impl Upstream {
    /// The error for an answer that is not a success.
    pub(crate) async fn refusal(&self, response: Response) -> InvokeError {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let body = tokio::time::timeout(ERROR_BODY_TIME, self.read_body(response, MAX_ERROR_BODY)).await;
        let text = match body {
            Ok(Ok(body)) => error_text(&body),
            // The status alone says enough.
            Ok(Err(_)) | Err(_) => String::new(),
        };
        let message = if text.is_empty() { format!("status {status}") } else { text };
        from_status(self.provider(), status, message, retry_after)
    }
}

fn from_status(provider: &str, status: StatusCode, message: String, retry_after: Option<Duration>) -> InvokeError {
    let provider = provider.to_owned();
    match status.as_u16() {
        401 | 403 => InvokeError::Unauthorized { provider, message },
        429 => InvokeError::RateLimited { provider, message, retry_after },
        408 => InvokeError::Connection { provider, message },
        500.. => InvokeError::ServerUnavailable { provider, message },
        _ => InvokeError::BadRequest { provider, message },
    }
}

/// The error for an error object inside a stream that began well.
pub(crate) fn from_error_object(provider: &str, error: ErrorBody) -> InvokeError {
    let (message, kind, code) = match error {
        ErrorBody::Text(text) => (text, String::new(), None),
        ErrorBody::Object { message, kind, code } => {
            let kind = kind.unwrap_or_default();
            let code_text = code.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = code.as_ref().and_then(Value::as_u64).or_else(|| code_text.parse().ok());
            (message.unwrap_or_else(|| kind.clone()), format!("{kind} {code_text}"), number)
        }
    };
    let status = code.and_then(|code| u16::try_from(code).ok()).and_then(|code| StatusCode::from_u16(code).ok());
    if let Some(status) = status.filter(|status| status.as_u16() >= 400) {
        return from_status(provider, status, message, None);
    }
    let provider = provider.to_owned();
    let is = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if is(&["rate_limit", "insufficient_quota"]) {
        InvokeError::RateLimited { provider, message, retry_after: None }
    } else if is(&["authentication", "permission", "invalid_api_key"]) {
        InvokeError::Unauthorized { provider, message }
    } else if is(&["invalid_request", "not_found", "context_length"]) {
        InvokeError::BadRequest { provider, message }
    } else {
        InvokeError::ServerUnavailable { provider, message }
    }
}

/// Seconds, or milliseconds in the variant some vendors add. Dates are not used by model vendors.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Finds the words in the shapes vendors use; anything else is shown as it is, shortened.
fn error_text(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(default)]
        error: Option<ErrorBody>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        detail: Option<Value>,
    }
    let found = serde_json::from_slice::<Envelope>(body).ok().and_then(|envelope| match envelope.error {
        Some(ErrorBody::Text(text)) => Some(text),
        Some(ErrorBody::Object { message: Some(message), .. }) => Some(message),
        Some(ErrorBody::Object { .. }) | None => envelope.message.or_else(|| {
            envelope.detail.map(|detail| detail.as_str().map_or_else(|| detail.to_string(), str::to_owned))
        }),
    });
    let text = found.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    if text.chars().nth(MAX_ERROR_CHARS).is_some() {
        return text.chars().take(MAX_ERROR_CHARS).collect::<String>() + "...";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_in_every_shape() {
        let check = |body: &str, expected: &str| assert_eq!(error_text(body.as_bytes()), expected);
        check(r#"{"error":{"message":"no","type":"x"}}"#, "no");
        check(r#"{"error":"no"}"#, "no");
        check(r#"{"message":"no"}"#, "no");
        check(r#"{"detail":"no"}"#, "no");
        check(r#"{"detail":[{"msg":"no"}]}"#, r#"[{"msg":"no"}]"#);
        check("<html>no</html>", "<html>no</html>");
        assert_eq!(error_text("\u{4f60}".repeat(2000).as_bytes()).chars().count(), 1003);
    }

    #[test]
    fn error_objects_are_classified() {
        let check = |json: &str, kind: &str| {
            assert_eq!(from_error_object("p", serde_json::from_str(json).unwrap()).kind(), kind, "{json}");
        };
        check(r#"{"message":"m","type":"rate_limit_error"}"#, "rate_limited");
        check(r#"{"message":"m","type":"overloaded_error"}"#, "server_unavailable");
        check(r#"{"message":"m","type":"server_error","code":null}"#, "server_unavailable");
        check(r#"{"message":"m","code":429}"#, "rate_limited");
        check(r#"{"message":"m","code":"invalid_api_key"}"#, "unauthorized");
        check(r#"{"message":"m","type":"invalid_request_error"}"#, "bad_request");
        check(r#""plain""#, "server_unavailable");
    }
}
