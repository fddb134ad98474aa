//! Stopping an answer, whatever the app's mode.

use actix_web::web;
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::Success;
use controllers_common::error::ApiError;
use controllers_common::generation::task_id;
use serde::Deserialize;
use serde_json::Value;
use services::end_users::EndUsers;
use services::generate::AppGenerateService;
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct StopRequest {
    #[schema(value_type = String)]
    pub(crate) user: Option<Value>,
}

/// Stops a person's own task; unknown and foreign ones are ignored.
pub(crate) async fn stop_own(
    app: &AppToken,
    task: &str,
    body: &StopRequest,
    end_users: &EndUsers,
    generate: &AppGenerateService,
) -> Result<web::Json<Success>, ApiError> {
    let user = required_user(body.user.as_ref())?;
    let end_user = app.end_user(end_users, Some(&user)).await?;
    if let Some(task) = task_id(task) {
        generate.stop(&app.app, asker(&end_user).caller, task).await?;
    }
    Ok(web::Json(Success::new()))
}
