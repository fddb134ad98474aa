//! Trying out how an app listens and speaks.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::audio::{SpeechRequest, Transcript, spoken};
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::Upload;
use controllers_common::valid::{Valid, ValidQuery};
use models::{AppId, AppMode};
use serde::{Deserialize, Serialize};
use services::audio::{Audio, Stage};
use services::debugging::{AppRef, Debugger};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

const MODES: [AppMode; 5] =
    [AppMode::Completion, AppMode::Chat, AppMode::AgentChat, AppMode::AdvancedChat, AppMode::Workflow];

/// Write down what is said in a recording.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/audio-to-text", params(("app_id" = String, Path)),
    responses((status = 200, body = Transcript), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn listen(
    user: ConsoleUser,
    app: web::Path<AppId>,
    upload: Upload,
    debugger: web::Data<Debugger>,
    audio: web::Data<Audio>,
) -> Result<web::Json<Transcript>, ApiError> {
    let live = debugger.live(AppRef { tenant: user.tenant_id(), app: *app }, &MODES).await?;
    audio.check_listens(&live, Stage::Built).await?;
    let (recording, _form) = upload.read_recording().await?;
    let missing = || ApiError::new(StatusCode::BAD_REQUEST, "no_audio_uploaded", "Please upload your audio.");
    let recording = recording.ok_or_else(missing)?;
    Ok(web::Json(Transcript { text: audio.transcribe(user.tenant_id(), recording).await? }))
}

/// Speak an answer of the app, or a text.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/text-to-audio", params(("app_id" = String, Path)),
    request_body = SpeechRequest,
    responses((status = 200, description = "Sound"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn speak(
    user: ConsoleUser,
    app: web::Path<AppId>,
    Valid(mut body): Valid<SpeechRequest>,
    debugger: web::Data<Debugger>,
    audio: web::Data<Audio>,
) -> Result<HttpResponse, ApiError> {
    let live = debugger.live(AppRef { tenant: user.tenant_id(), app: *app }, &MODES).await?;
    let words = body.words(None)?;
    spoken(audio.speak(&live, Stage::Built, words, body.voice.take()).await?).await
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VoicesQuery {
    /// As in `en-US`.
    #[validate(length(min = 1, message = "must not be empty"))]
    language: String,
}

/// A voice to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoiceItem {
    name: String,
    value: String,
}

/// The voices of the workspace's default model that speak a language.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/text-to-audio/voices", params(("app_id" = String, Path), VoicesQuery),
    responses((status = 200, body = [VoiceItem]), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn voices(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<VoicesQuery>,
    debugger: web::Data<Debugger>,
    audio: web::Data<Audio>,
) -> Result<web::Json<Vec<VoiceItem>>, ApiError> {
    debugger.live(AppRef { tenant: user.tenant_id(), app: *app }, &MODES).await?;
    let voices = audio.voices(user.tenant_id(), &query.language).await?;
    Ok(web::Json(voices.into_iter().map(|voice| VoiceItem { name: voice.name, value: voice.id }).collect()))
}
