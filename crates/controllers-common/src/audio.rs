//! Recordings in, speech out: what the tiers' audio routes share.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use core_model_runtime::AudioStream;
use futures::{StreamExt, TryStreamExt};
use models::{Caller, MessageId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::audio::Words;
use utoipa::ToSchema;
use validator::Validate;

use crate::download::guard;
use crate::error::ApiError;
use crate::generation::optional_id;

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transcript {
    pub text: String,
}

/// What is to be said: a message's answer, else a text.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct SpeechRequest {
    message_id: Option<String>,
    text: Option<String>,
    /// A voice of the model; the app's where it is missing or empty.
    pub voice: Option<String>,
    /// Whose message it is. Not asked of visitors of a page and of builders, who are known.
    #[schema(value_type = String)]
    pub user: Option<Value>,
}

impl SpeechRequest {
    /// The words, of messages of the given person's, or of anybody's in the app.
    ///
    /// # Errors
    /// `invalid_param` when there is neither a message nor a text.
    pub fn words(&mut self, caller: Option<Caller>) -> Result<Words, ApiError> {
        if let Some(id) = optional_id(self.message_id.as_deref(), "message_id")? {
            return Ok(Words::Answer(MessageId(id), caller));
        }
        let text = self.text.take().filter(|text| !text.is_empty());
        text.map(Words::Text).ok_or_else(|| ApiError::invalid_param("Text is required"))
    }
}

/// The fault of a form without a recording, as programs and pages are told it.
pub fn no_recording() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request_key_error", "The form has no part named file.")
}

/// Streams the sound as it comes; no message to speak is `null`.
///
/// # Errors
/// What the first piece fails with. Later faults end the body early, which clients see as a broken transfer.
pub async fn spoken(audio: Option<AudioStream>) -> Result<HttpResponse, ApiError> {
    let Some(mut audio) = audio else { return Ok(HttpResponse::Ok().json(())) };
    let fault = core_app::GenerateError::from;
    let first = audio.next().await.transpose().map_err(fault)?.unwrap_or_default();
    let kind = HeaderValue::from_static(container(&first));
    let rest = audio.inspect_err(|error| tracing::warn!(error = %error, "speech broke off"));
    let body = futures::stream::once(async { Ok(first) }).chain(rest);
    let mut response = HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).streaming(body);
    guard(response.headers_mut());
    Ok(response)
}

/// The type of a container by its first bytes; MPEG is what is asked of models.
fn container(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [0xff, 0xf1 | 0xf9, ..] => "audio/aac",
        _ => "audio/mpeg",
    }
}

#[cfg(test)]
mod tests {
    use super::container;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        for (bytes, expected) in [
            (b"ID3\x04".as_slice(), "audio/mpeg"),
            (b"\xff\xfb\x90", "audio/mpeg"),
            (b"\xff\xf1\x50", "audio/aac"),
            (b"RIFF____WAVE", "audio/wav"),
            (b"OggS", "audio/ogg"),
            (b"fLaC", "audio/flac"),
            (b"", "audio/mpeg"),
        ] {
            assert_eq!(container(bytes), expected);
        }
    }
}
