//! A recording in a multipart body: refused by its type before a byte of it is read, by its size while it arrives.

use actix_web::http::StatusCode;
use core_model_runtime::Recording;
use futures::StreamExt;

use super::{
    FIELD_LIMIT, FILE, Form, IGNORED_LIMIT, Upload, broken, collect, field_too_large, file_name, no_file, skip,
};
use crate::error::ApiError;

/// Largest recording, in MB.
const LIMIT_MB: usize = 30;
/// Subtypes of `audio/` that models take.
const TYPES: [&str; 6] = ["mp3", "m4a", "x-m4a", "wav", "amr", "mpga"];

impl Upload {
    /// Reads the body to its end; `None` where it holds no file.
    ///
    /// # Errors
    /// `unsupported_audio_type`, `audio_too_large`, and a body that cannot be read.
    pub async fn read_recording(mut self) -> Result<(Option<Recording>, Form), ApiError> {
        if !self.declared {
            return Err(no_file());
        }
        let (mut recording, mut form, mut ignored) = (None, Form::default(), IGNORED_LIMIT);
        while let Some(part) = self.multipart.next().await {
            let mut part = part.map_err(|e| broken(&e))?;
            let name = part.name().unwrap_or_default().to_owned();
            match file_name(&part) {
                None => form.set(&name, &collect(&mut part, FIELD_LIMIT).await?.ok_or_else(field_too_large)?),
                Some(filename) if name == FILE && recording.is_none() => {
                    let mime_type = part.content_type().map(|mime| mime.essence_str().to_ascii_lowercase());
                    let mime_type = mime_type.filter(|mime| is_audio(mime)).ok_or_else(wrong_type)?;
                    let bytes = collect(&mut part, LIMIT_MB * 1024 * 1024).await?.ok_or_else(too_large)?;
                    recording = Some(Recording { bytes, filename, mime_type });
                }
                Some(_) => skip(&mut part, &mut ignored).await?,
            }
        }
        Ok((recording, form))
    }
}

fn is_audio(mime_type: &str) -> bool {
    mime_type.strip_prefix("audio/").is_some_and(|subtype| TYPES.contains(&subtype))
}

fn wrong_type() -> ApiError {
    let message = format!("Audio type not allowed; what is taken is audio/ and one of {}.", TYPES.join(", "));
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_audio_type", message)
}

fn too_large() -> ApiError {
    let message = format!("Audio size larger than {LIMIT_MB} mb");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "audio_too_large", message)
}
