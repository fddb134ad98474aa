//! Listening and speaking.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::{AppToken, user_text};
use controllers_common::audio::{SpeechRequest, Transcript, no_recording, spoken};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use controllers_common::valid::Valid;
use services::audio::{Audio, Stage};
use services::end_users::EndUsers;

/// Write down what is said in a recording.
#[utoipa::path(post, path = "/v1/audio-to-text", tag = "Audio",
    responses((status = 200, body = Transcript), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn listen(
    app: AppToken,
    upload: Upload,
    audio: web::Data<Audio>,
    end_users: web::Data<EndUsers>,
) -> Result<web::Json<Transcript>, ApiError> {
    audio.check_listens(&app, Stage::Published).await?;
    let (recording, form) = upload.read_recording().await?;
    let recording = recording.ok_or_else(no_recording)?;
    app.end_user(&end_users, form.user.as_deref()).await?;
    Ok(web::Json(Transcript { text: audio.transcribe(app.app.tenant_id, recording).await? }))
}

/// Speak an answer, or a text.
#[utoipa::path(post, path = "/v1/text-to-audio", tag = "Audio", request_body = SpeechRequest,
    responses((status = 200, description = "Sound"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn speak(
    app: AppToken,
    Valid(mut body): Valid<SpeechRequest>,
    audio: web::Data<Audio>,
    end_users: web::Data<EndUsers>,
) -> Result<HttpResponse, ApiError> {
    let words = body.words(None)?;
    app.end_user(&end_users, user_text(body.user.as_ref()).as_deref()).await?;
    spoken(audio.speak(&app, Stage::Published, words, body.voice.take()).await?).await
}
