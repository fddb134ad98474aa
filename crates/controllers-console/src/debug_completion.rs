//! Trying out a completion app with a configuration that is not saved.

use actix_web::{HttpResponse, web};
use controllers_common::answer::respond;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{FileList, ResponseMode, task_id};
use controllers_common::sse::PingEvery;
use controllers_common::valid::Valid;
use models::{AppId, AppMode, Caller};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::apps::Apps;
use services::debugging::{AppRef, Debugger};
use services::generate::{AppGenerateService, Question};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{SUCCESS, Success};

const MODES: [AppMode; 1] = [AppMode::Completion];

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DebugCompletionRequest {
    /// Values for the app's form.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    #[serde(default)]
    query: Option<String>,
    /// What is tried out; checked as it would be when saved.
    #[schema(value_type = Object)]
    model_config: Map<String, Value>,
    #[serde(default)]
    response_mode: Option<ResponseMode>,
    #[serde(default)]
    files: FileList,
}

/// Ask a completion app with the given configuration.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/completion-messages", params(("app_id" = String, Path)),
    request_body = DebugCompletionRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: ConsoleUser,
    app: web::Path<AppId>,
    Valid(body): Valid<DebugCompletionRequest>,
    debugger: web::Data<Debugger>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    let streaming = body.response_mode == Some(ResponseMode::Streaming);
    let question = Question {
        inputs: body.inputs,
        query: body.query.unwrap_or_default(),
        files: body.files.0,
        streaming,
        ..Question::default()
    };
    let app = AppRef { tenant: user.tenant_id(), app: *app };
    let asked = debugger.ask(&user.account, app, &MODES, &body.model_config, question);
    let generation = Box::pin(asked).await?;
    respond(generation, streaming, **ping).await
}

/// Stop an answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/completion-messages/{task_id}/stop",
    params(("app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop(
    user: ConsoleUser,
    path: web::Path<(AppId, String)>,
    apps: web::Data<Apps>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    let (app, task) = path.into_inner();
    let app = apps.find_in(user.tenant_id(), app, &MODES).await?;
    if let Some(task) = task_id(&task) {
        generate.stop(&app, Caller::Account(user.account_id()), task).await?;
    }
    Ok(web::Json(SUCCESS))
}
