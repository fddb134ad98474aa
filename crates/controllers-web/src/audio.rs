//! Listening to visitors and speaking to them.

use actix_web::{HttpResponse, web};
use controllers_common::audio::{SpeechRequest, Transcript, no_recording, spoken};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::Visitor;
use controllers_common::upload::Upload;
use controllers_common::valid::Valid;
use services::audio::{Audio, Stage};

/// Write down what a visitor says.
#[utoipa::path(post, path = "/api/audio-to-text", tag = "Audio",
    responses((status = 200, body = Transcript), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn listen(
    visitor: Visitor,
    upload: Upload,
    audio: web::Data<Audio>,
) -> Result<web::Json<Transcript>, ApiError> {
    audio.check_listens(&visitor.app, Stage::Published).await?;
    let (recording, _form) = upload.read_recording().await?;
    let recording = recording.ok_or_else(no_recording)?;
    Ok(web::Json(Transcript { text: audio.transcribe(visitor.app.app.tenant_id, recording).await? }))
}

/// Speak an answer that the visitor got, or a text.
#[utoipa::path(post, path = "/api/text-to-audio", tag = "Audio", request_body = SpeechRequest,
    responses((status = 200, description = "Sound"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn speak(
    visitor: Visitor,
    Valid(mut body): Valid<SpeechRequest>,
    audio: web::Data<Audio>,
) -> Result<HttpResponse, ApiError> {
    let words = body.words(Some(visitor.caller()))?;
    spoken(audio.speak(&visitor.app, Stage::Published, words, body.voice.take()).await?).await
}
