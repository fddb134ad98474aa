//! Trying out a draft: whole, or node by node.

use actix_web::{HttpResponse, web};
use controllers_common::answer::{respond, respond_run};
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, optional_id, task_id};
use controllers_common::sse::PingEvery;
use controllers_common::valid::Valid;
use core_workflow::NodeType;
use models::{AppId, AppMode, ConversationId};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::debugging::{AppRef, Debugger};
use services::generate::Question;
use services::workflow_history::People;
use services::workflows::WORKFLOW_MODES;
use utoipa::ToSchema;
use validator::Validate;

use super::node_execution::NodeExecutionDto;
use crate::answers::{SUCCESS, Success};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DraftRunRequest {
    /// Values for the form of the start node.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    files: FileList,
}

/// Try the draft of a workflow.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/draft/run", params(("app_id" = String, Path)),
    request_body = DraftRunRequest,
    responses((status = 200, description = "The run as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_draft(
    editor: Editor,
    app: web::Path<AppId>,
    Valid(body): Valid<DraftRunRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    let question = Question { inputs: body.inputs, files: body.files.0, streaming: true, ..Question::default() };
    let app = AppRef { tenant: editor.tenant_id(), app: *app };
    let run = debugger.run_draft(&editor.account, app, &[AppMode::Workflow], question).await?;
    respond_run(run, true, **ping).await
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DraftChatRequest {
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[validate(length(min = 1, message = "must not be empty"))]
    query: String,
    /// Empty begins a new conversation.
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    parent_message_id: Option<String>,
    #[serde(default)]
    files: FileList,
}

/// Try the draft of a chatflow.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/advanced-chat/workflows/draft/run",
    params(("app_id" = String, Path)), request_body = DraftChatRequest,
    responses((status = 200, description = "The answer as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_chatflow_draft(
    editor: Editor,
    app: web::Path<AppId>,
    Valid(body): Valid<DraftChatRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    let question = Question {
        inputs: body.inputs,
        query: body.query,
        files: body.files.0,
        conversation: optional_id(body.conversation_id.as_deref(), "conversation_id")?.map(ConversationId),
        parent_message: optional_id(body.parent_message_id.as_deref(), "parent_message_id")?,
        streaming: true,
        ..Question::default()
    };
    let app = AppRef { tenant: editor.tenant_id(), app: *app };
    let answer = debugger.run_draft(&editor.account, app, &[AppMode::AdvancedChat], question).await?;
    respond(answer, true, **ping).await
}

/// Stop a run of the app; unknown tasks are ignored.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflow-runs/tasks/{task_id}/stop",
    params(("app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop_run(
    editor: Editor,
    path: web::Path<(AppId, String)>,
    debugger: web::Data<Debugger>,
) -> Result<web::Json<Success>, ApiError> {
    let (app, task) = path.into_inner();
    if let Some(task) = task_id(&task) {
        debugger.stop_run(AppRef { tenant: editor.tenant_id(), app }, &WORKFLOW_MODES, task).await?;
    }
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NodeRunRequest {
    /// Values by `#node.name#`, or by the names that the node itself gives them.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    files: FileList,
}

/// Try one node of the draft.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/draft/nodes/{node_id}/run",
    params(("app_id" = String, Path), ("node_id" = String, Path)), request_body = NodeRunRequest,
    responses((status = 200, body = NodeExecutionDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_node(
    editor: Editor,
    path: web::Path<(AppId, String)>,
    Valid(body): Valid<NodeRunRequest>,
    debugger: web::Data<Debugger>,
) -> Result<web::Json<NodeExecutionDto>, ApiError> {
    let (app, node) = path.into_inner();
    let question = Question {
        inputs: body.inputs,
        query: body.query.unwrap_or_default(),
        files: body.files.0,
        ..Question::default()
    };
    let app = AppRef { tenant: editor.tenant_id(), app };
    let row = debugger.run_node(&editor.account, app, &WORKFLOW_MODES, node, question).await?;
    Ok(web::Json(NodeExecutionDto::new(row, &People::one(editor.account.clone()))))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ContainerRunRequest {
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
}

async fn run_container(
    editor: Editor,
    (app, container, node): (AppId, String, String),
    mode: AppMode,
    body: ContainerRunRequest,
    debugger: &Debugger,
    ping: PingEvery,
) -> Result<HttpResponse, ApiError> {
    // Another word is no route.
    let kind = NodeType::parse(&container).ok_or_else(|| ApiError::not_found("Not found"))?;
    let query = if mode == AppMode::AdvancedChat { " ".to_owned() } else { String::new() };
    let question = Question { inputs: body.inputs, query, streaming: true, ..Question::default() };
    let app = AppRef { tenant: editor.tenant_id(), app };
    let run = debugger.run_container(&editor.account, app, &[mode], (kind, &node), question).await?;
    respond_run(run, true, ping).await
}

/// Try an iteration or a loop of a workflow's draft.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/draft/{container}/nodes/{node_id}/run",
    params(("app_id" = String, Path), ("container" = String, Path), ("node_id" = String, Path)),
    request_body = ContainerRunRequest,
    responses((status = 200, description = "The run as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_rounds(
    editor: Editor,
    path: web::Path<(AppId, String, String)>,
    Valid(body): Valid<ContainerRunRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    run_container(editor, path.into_inner(), AppMode::Workflow, body, &debugger, **ping).await
}

/// Try an iteration or a loop of a chatflow's draft.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/advanced-chat/workflows/draft/{container}/nodes/{node_id}/run",
    params(("app_id" = String, Path), ("container" = String, Path), ("node_id" = String, Path)),
    request_body = ContainerRunRequest,
    responses((status = 200, description = "The run as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run_chatflow_rounds(
    editor: Editor,
    path: web::Path<(AppId, String, String)>,
    Valid(body): Valid<ContainerRunRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    run_container(editor, path.into_inner(), AppMode::AdvancedChat, body, &debugger, **ping).await
}
