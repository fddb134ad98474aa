//! With what an app signs its calls to those who asked to be told.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use models::AppId;
use serde::Serialize;
use services::apps::Apps;
use services::async_runs::AsyncRuns;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallbackSecretDto {
    /// Key of the HMAC in `X-Ferrify-Signature`.
    secret: String,
}

/// The secret of an app's call-backs; it changes with the installation's key only.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/callback-secret",
    responses((status = 200, body = CallbackSecretDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get(
    user: Editor,
    app: web::Path<Uuid>,
    apps: web::Data<Apps>,
    runs: web::Data<AsyncRuns>,
) -> Result<web::Json<CallbackSecretDto>, ApiError> {
    let app = apps.find(user.tenant_id(), AppId(*app)).await?;
    Ok(web::Json(CallbackSecretDto { secret: runs.secret(&app) }))
}
