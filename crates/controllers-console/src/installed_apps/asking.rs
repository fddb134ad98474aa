//! Asking an app on the explore page, and stopping its answers.

use actix_web::{HttpResponse, web};
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, ChatRequest, CompletionRequest, InstalledGuest, ModeQuery, RunRequest};
use controllers_common::sse::StreamStyle;
use controllers_common::valid::{Valid, ValidQuery};
use models::MessageId;
use services::generate::AppGenerateService;
use services::installed_apps::InstalledApps;

/// Ask a chat app; the answer is always a stream.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/chat-messages", params(("installed_app_id" = String, Path)),
    request_body = ChatRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn chat(
    guest: InstalledGuest,
    Valid(body): Valid<ChatRequest>,
    generate: web::Data<AppGenerateService>,
    installed: web::Data<InstalledApps>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    let answer = Box::pin(body.streamed().ask(&guest, &generate, style)).await?;
    guest.uses(&installed).await?;
    Ok(answer)
}

/// Ask a completion app.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/completion-messages", params(("installed_app_id" = String, Path)),
    request_body = CompletionRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn complete(
    guest: InstalledGuest,
    Valid(body): Valid<CompletionRequest>,
    generate: web::Data<AppGenerateService>,
    installed: web::Data<InstalledApps>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    let answer = Box::pin(body.ask(&guest, &generate, style)).await?;
    guest.uses(&installed).await?;
    Ok(answer)
}

/// Run a workflow; the answer is always a stream.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/workflows/run", params(("installed_app_id" = String, Path)),
    request_body = RunRequest,
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run(
    guest: InstalledGuest,
    Valid(body): Valid<RunRequest>,
    generate: web::Data<AppGenerateService>,
    installed: web::Data<InstalledApps>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    let answer = body.run(&guest, &generate, style).await?;
    guest.uses(&installed).await?;
    Ok(answer)
}

/// Ask once more what a message asked, for an answer in other words.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/messages/{message_id}/more-like-this",
    params(("installed_app_id" = String, Path), ("message_id" = String, Path), ModeQuery),
    responses((status = 200, description = "An answer, whole or as a stream of events"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn more_like_this(
    guest: InstalledGuest,
    path: web::Path<(String, MessageId)>,
    ValidQuery(query): ValidQuery<ModeQuery>,
    generate: web::Data<AppGenerateService>,
    style: StreamStyle,
) -> Result<HttpResponse, ApiError> {
    Box::pin(guest::more_like_this(&guest, path.1, &query, &generate, style)).await
}

/// Stop an answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/chat-messages/{task_id}/stop",
    params(("installed_app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop_chat(
    guest: InstalledGuest,
    path: web::Path<(String, String)>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    guest.require_chat()?;
    Ok(web::Json(guest::stop(&guest, &path.1, &generate).await?))
}

/// Stop an answer; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/completion-messages/{task_id}/stop",
    params(("installed_app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop_completion(
    guest: InstalledGuest,
    path: web::Path<(String, String)>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    guest.require_completion()?;
    Ok(web::Json(guest::stop(&guest, &path.1, &generate).await?))
}

/// Stop a run; unknown and foreign tasks are ignored.
#[utoipa::path(post, path = "/console/api/installed-apps/{installed_app_id}/workflows/tasks/{task_id}/stop",
    params(("installed_app_id" = String, Path), ("task_id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn stop_workflow(
    guest: InstalledGuest,
    path: web::Path<(String, String)>,
    generate: web::Data<AppGenerateService>,
) -> Result<web::Json<Success>, ApiError> {
    guest.require_workflow()?;
    Ok(web::Json(guest::stop(&guest, &path.1, &generate).await?))
}
