//! Asking a chat app.

use actix_web::{HttpResponse, web};
use controllers_common::answer::{Accepted, Later, respond};
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{AnswerMode, FileList, optional_id};
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use models::message::NO_PARENT;
use models::{AppMode, ConversationId, WorkflowId};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::end_users::EndUsers;
use services::generate::{AppGenerateService, Question};
use utoipa::ToSchema;
use validator::Validate;

use crate::stop::{StopRequest, stop_own};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChatRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[validate(length(min = 1, message = "must not be empty"))]
    query: String,
    /// A name of the person, unique within the app.
    #[schema(value_type = String)]
    user: Option<Value>,
    #[serde(default)]
    response_mode: Option<AnswerMode>,
    /// With `async`: who is told what came of it.
    #[serde(default)]
    callback_url: Option<String>,
    /// Empty begins a new conversation.
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    files: FileList,
    #[serde(default = "yes")]
    auto_generate_name: Option<bool>,
    /// Chatflows only: a published version other than the latest.
    #[serde(default)]
    workflow_id: Option<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the field may be null")]
const fn yes() -> Option<bool> {
    Some(true)
}

/// The id of a version; blank for the latest.
fn version(text: Option<&str>) -> Result<Option<WorkflowId>, ApiError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let fault = |_no_id| ApiError::bad_request("Invalid workflow_id format".to_owned());
    text.parse().map(Some).map_err(fault)
}

/// Send a message to a chat app.
#[utoipa::path(post, path = "/v1/chat-messages", tag = "Chat", request_body = ChatRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = 202, body = Accepted, description = "With `async`"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    app: AppToken,
    Valid(body): Valid<ChatRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
    later: Later,
) -> Result<HttpResponse, ApiError> {
    app.require_chat()?;
    let user = required_user(body.user.as_ref())?;
    let conversation = optional_id(body.conversation_id.as_deref(), "conversation_id")?.map(ConversationId);
    let mode = AnswerMode::of(body.response_mode, app.app.mode)?;
    let callback = later.callback(mode, body.callback_url.as_deref())?;
    generate.check_room()?;
    let end_user = app.end_user(&end_users, Some(&user)).await?;
    let question = Question {
        inputs: body.inputs,
        query: body.query,
        files: body.files.0,
        conversation,
        // This tier has no branches: each message follows the one before it.
        parent_message: Some(NO_PARENT),
        auto_name: body.auto_generate_name.unwrap_or(true),
        streaming: mode.has_events(),
        override_config: None,
        workflow: version(body.workflow_id.as_deref().filter(|_| app.app.mode == AppMode::AdvancedChat))?,
    };
    let generation = generate.generate(&app, asker(&end_user), question).await?;
    if mode == AnswerMode::Async {
        return later.accept(&app.app, &end_user, generation, callback).await;
    }
    respond(generation, mode == AnswerMode::Streaming, style).await
}

/// Stop a streaming answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/v1/chat-messages/{task_id}/stop", tag = "Chat", request_body = StopRequest,
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    app: AppToken,
    path: web::Path<String>,
    Valid(body): Valid<StopRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    app.require_chat()?;
    stop_own(&app, &path, &body, &end_users, &generate).await
}
