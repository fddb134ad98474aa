//! Asking a chat app.

use actix_web::{HttpResponse, web};
use controllers_common::answer::respond;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, ResponseMode, optional_id, task_id};
use controllers_common::passport::Visitor;
use controllers_common::sse::StreamStyle;
use controllers_common::valid::Valid;
use models::ConversationId;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::generate::{AppGenerateService, Question};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChatRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[validate(length(min = 1, message = "must not be empty"))]
    query: String,
    #[serde(default)]
    response_mode: Option<ResponseMode>,
    /// Empty begins a new conversation.
    #[serde(default)]
    conversation_id: Option<String>,
    /// The message that this one follows; empty at the root of a conversation.
    #[serde(default)]
    parent_message_id: Option<String>,
    #[serde(default)]
    files: FileList,
}

/// Send a message to the app.
#[utoipa::path(post, path = "/api/chat-messages", tag = "Chat", request_body = ChatRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    visitor: Visitor,
    Valid(body): Valid<ChatRequest>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    visitor.require_chat()?;
    let streaming = ResponseMode::streams(body.response_mode, visitor.app.app.mode)?;
    let question = Question {
        inputs: body.inputs,
        query: body.query,
        files: body.files.0,
        conversation: optional_id(body.conversation_id.as_deref(), "conversation_id")?.map(ConversationId),
        parent_message: optional_id(body.parent_message_id.as_deref(), "parent_message_id")?,
        // The page asks for a name when it wants one.
        auto_name: false,
        streaming,
        override_config: None,
        workflow: None,
    };
    let generation = generate.generate(&visitor.app, visitor.asker(), question).await?;
    respond(generation, streaming, style).await
}

/// Stop a streaming answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/api/chat-messages/{task_id}/stop", tag = "Chat", params(("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    visitor: Visitor,
    path: web::Path<String>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_chat()?;
    if let Some(task) = task_id(&path) {
        generate.stop(&visitor.app.app, visitor.caller(), task).await?;
    }
    Ok(web::Json(Success::new()))
}
