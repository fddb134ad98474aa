//! Faults of listening and speaking.

use actix_web::http::StatusCode;
use services::audio::AudioError;

use crate::error::ApiError;

impl From<AudioError> for ApiError {
    fn from(e: AudioError) -> Self {
        let code = match e {
            AudioError::ListeningDisabled => "speech_to_text_disabled",
            AudioError::NotSupported => "provider_not_support_speech_to_text",
            AudioError::SpeakingDisabled | AudioError::NothingToSay | AudioError::TooLong => "invalid_param",
            AudioError::Generate(e) => return e.into(),
            AudioError::Db(e) => return Self::internal(&e),
        };
        Self::new(StatusCode::BAD_REQUEST, code, e.to_string())
    }
}
