//! Listening to members and speaking to them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::audio::{SpeechRequest, Transcript, spoken};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::InstalledGuest;
use controllers_common::upload::Upload;
use controllers_common::valid::Valid;
use services::audio::{Audio, Stage};

/// Write down what is said in a recording.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/audio-to-text", params(("installed_app_id" = String, Path)),
    responses((status = 200, body = Transcript), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn listen(
    guest: InstalledGuest,
    upload: Upload,
    audio: web::Data<Audio>,
) -> Result<web::Json<Transcript>, ApiError> {
    audio.check_listens(&guest.app, Stage::Published).await?;
    let (recording, _form) = upload.read_recording().await?;
    let missing = || ApiError::new(StatusCode::BAD_REQUEST, "no_audio_uploaded", "Please upload your audio.");
    let recording = recording.ok_or_else(missing)?;
    Ok(web::Json(Transcript { text: audio.transcribe(guest.app.app.tenant_id, recording).await? }))
}

/// Speak an answer that the member got, or a text.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/text-to-audio", params(("installed_app_id" = String, Path)),
    request_body = SpeechRequest,
    responses((status = 200, description = "Sound"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn speak(
    guest: InstalledGuest,
    Valid(mut body): Valid<SpeechRequest>,
    audio: web::Data<Audio>,
) -> Result<HttpResponse, ApiError> {
    let words = body.words(Some(guest.caller))?;
    spoken(audio.speak(&guest.app, Stage::Published, words, body.voice.take()).await?).await
}
