//! Asking an app, and stopping its answer.

use actix_web::HttpResponse;
use models::{AppMode, ConversationId, MessageId};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::generate::{AppGenerateService, Question, Version};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Guest;
use crate::answer::{respond, respond_run};
use crate::dto::Success;
use crate::error::ApiError;
use crate::generation::{FileList, ResponseMode, optional_id, task_id};
use crate::sse::StreamStyle;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct ChatRequest {
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

impl ChatRequest {
    /// The same, to be answered as a stream.
    #[must_use]
    pub fn streamed(self) -> Self {
        Self { response_mode: Some(ResponseMode::Streaming), ..self }
    }

    /// Asks a chat app.
    ///
    /// # Errors
    /// `not_chat_app`, or what keeps the answer from beginning.
    pub async fn ask(
        self,
        guest: &Guest,
        generate: &AppGenerateService,
        style: StreamStyle,
    ) -> Result<HttpResponse, ApiError> {
        guest.require_chat()?;
        let streaming = ResponseMode::streams(self.response_mode, guest.mode())?;
        let question = Question {
            inputs: self.inputs,
            query: self.query,
            files: self.files.0,
            conversation: optional_id(self.conversation_id.as_deref(), "conversation_id")?.map(ConversationId),
            parent_message: optional_id(self.parent_message_id.as_deref(), "parent_message_id")?,
            // Whoever shows the conversation asks for a name when it wants one.
            auto_name: false,
            streaming,
            override_config: None,
            workflow: None,
        };
        let generation = if guest.mode() == AppMode::AdvancedChat {
            let person = guest.person.clone();
            generate.run_workflow(&guest.app, guest.asker(), person, Version::Published, question).await?
        } else {
            generate.generate(&guest.app, guest.asker(), question).await?
        };
        respond(generation, streaming, style).await
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CompletionRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    files: FileList,
}

impl CompletionRequest {
    /// Asks a completion app.
    ///
    /// # Errors
    /// `not_completion_app`, or what keeps the answer from beginning.
    pub async fn ask(
        self,
        guest: &Guest,
        generate: &AppGenerateService,
        style: StreamStyle,
    ) -> Result<HttpResponse, ApiError> {
        guest.require_completion()?;
        let streaming = ResponseMode::streams(self.response_mode, guest.mode())?;
        let question = Question {
            inputs: self.inputs,
            query: self.query.unwrap_or_default(),
            files: self.files.0,
            streaming,
            ..Question::default()
        };
        let generation = generate.generate(&guest.app, guest.asker(), question).await?;
        respond(generation, streaming, style).await
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct RunRequest {
    /// Values for the form of the start node.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    files: FileList,
}

impl RunRequest {
    /// Runs a workflow; the answer is always a stream.
    ///
    /// # Errors
    /// `not_workflow_app`, or what keeps the run from beginning.
    pub async fn run(
        self,
        guest: &Guest,
        generate: &AppGenerateService,
        style: StreamStyle,
    ) -> Result<HttpResponse, ApiError> {
        guest.require_workflow()?;
        let question = Question { inputs: self.inputs, files: self.files.0, streaming: true, ..Question::default() };
        let (asker, person) = (guest.asker(), guest.person.clone());
        let generation = generate.run_workflow(&guest.app, asker, person, Version::Published, question).await?;
        respond_run(generation, true, style).await
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModeQuery {
    response_mode: ResponseMode,
}

/// Asks once more what a message asked, for an answer in other words.
///
/// # Errors
/// `not_completion_app`, `app_more_like_this_disabled`, or what keeps the answer from beginning.
pub async fn more_like_this(
    guest: &Guest,
    message: MessageId,
    query: &ModeQuery,
    generate: &AppGenerateService,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    guest.require_completion()?;
    let streaming = query.response_mode == ResponseMode::Streaming;
    let generation = generate.more_like_this(&guest.app, guest.asker(), message, streaming).await?;
    respond(generation, streaming, style).await
}

/// Stops an answer of the guest's; unknown and foreign tasks are ignored.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn stop(guest: &Guest, task: &str, generate: &AppGenerateService) -> Result<Success, ApiError> {
    if let Some(task) = task_id(task) {
        generate.stop(&guest.app.app, guest.caller, task).await?;
    }
    Ok(Success::new())
}
