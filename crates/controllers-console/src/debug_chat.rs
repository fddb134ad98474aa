//! Trying out a chat app with a configuration that is not saved.

use actix_web::{HttpResponse, web};
use controllers_common::answer::respond;
use controllers_common::auth::{ConsoleUser, Editor};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, ResponseMode, optional_id, task_id};
use controllers_common::sse::PingEvery;
use controllers_common::valid::Valid;
use models::{AppId, AppMode, Caller, ConversationId};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::apps::Apps;
use services::debugging::{AppRef, Debugger};
use services::generate::{AppGenerateService, Question};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{SUCCESS, Success};

const MODES: [AppMode; 2] = [AppMode::Chat, AppMode::AgentChat];
/// Chatflows are stopped here too.
const STOPPABLE: [AppMode; 3] = [AppMode::Chat, AppMode::AgentChat, AppMode::AdvancedChat];

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DebugChatRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[validate(length(min = 1, message = "must not be empty"))]
    query: String,
    /// What is tried out; checked as it would be when saved.
    #[schema(value_type = Object)]
    model_config: Map<String, Value>,
    #[serde(default)]
    response_mode: Option<ResponseMode>,
    /// Empty begins a new conversation.
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    parent_message_id: Option<String>,
    #[serde(default)]
    files: FileList,
}

/// Ask a chat app with the given configuration.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/chat-messages", params(("app_id" = String, Path)),
    request_body = DebugChatRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    editor: Editor,
    app: web::Path<AppId>,
    Valid(body): Valid<DebugChatRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    let streaming = body.response_mode == Some(ResponseMode::Streaming);
    let question = Question {
        inputs: body.inputs,
        query: body.query,
        files: body.files.0,
        conversation: optional_id(body.conversation_id.as_deref(), "conversation_id")?.map(ConversationId),
        parent_message: optional_id(body.parent_message_id.as_deref(), "parent_message_id")?,
        auto_name: false,
        streaming,
        override_config: None,
        workflow: None,
    };
    let app = AppRef { tenant: editor.tenant_id(), app: *app };
    let asked = debugger.ask(&editor.account, app, &MODES, &body.model_config, question);
    let generation = Box::pin(asked).await?;
    respond(generation, streaming, **ping).await
}

/// Stop an answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/chat-messages/{task_id}/stop",
    params(("app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    user: ConsoleUser,
    path: web::Path<(AppId, String)>,
    apps: web::Data<Apps>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    let (app, task) = path.into_inner();
    let app = apps.find_in(user.tenant_id(), app, &STOPPABLE).await?;
    if let Some(task) = task_id(&task) {
        generate.stop(&app, Caller::Account(user.account_id()), task).await?;
    }
    Ok(web::Json(SUCCESS))
}
