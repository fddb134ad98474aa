//! Answers that were asked for and not waited for.

use actix_web::web;
use controllers_common::app_token::AppToken;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::task_id;
use controllers_common::valid::ValidQuery;
use models::async_task::AsyncTask;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use services::async_runs::{AsyncRunError, AsyncRuns};
use services::end_users::EndUsers;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskQuery {
    user: Option<String>,
}

/// What came of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskDto {
    task_id: String,
    /// `running`, `paused`, `finished` or `failed`.
    status: String,
    message_id: Option<String>,
    conversation_id: Option<String>,
    workflow_run_id: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
    /// The body of the answer as a blocking request gets it, or of the error.
    #[schema(value_type = Object, nullable)]
    result: Option<Box<RawValue>>,
}

impl From<AsyncTask> for TaskDto {
    fn from(task: AsyncTask) -> Self {
        Self {
            task_id: task.id.to_string(),
            status: task.status.to_string(),
            message_id: task.message_id.map(|id| id.to_string()),
            conversation_id: task.conversation_id.map(|id| id.to_string()),
            workflow_run_id: task.workflow_run_id.map(|id| id.to_string()),
            created_at: task.created_at.and_utc().timestamp(),
            finished_at: task.finished_at.map(|time| time.and_utc().timestamp()),
            result: task.result.and_then(|text| RawValue::from_string(text).ok()),
        }
    }
}

/// What came of a run that was asked for with `response_mode: "async"`. It is kept for a week.
#[utoipa::path(get, path = "/v1/tasks/{task_id}", tag = "Streams", params(("task_id" = String, Path), TaskQuery),
    responses((status = 200, body = TaskDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    app: AppToken,
    path: web::Path<String>,
    ValidQuery(query): ValidQuery<TaskQuery>,
    end_users: web::Data<EndUsers>,
    runs: web::Data<AsyncRuns>,
) -> Result<web::Json<TaskDto>, ApiError> {
    let user = query.user.as_deref().filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| ApiError::invalid_field("user", "Arg user must be provided."))?;
    let person = app.end_user(&end_users, Some(user)).await?;
    let task = task_id(&path).ok_or(AsyncRunError::NoTask)?;
    Ok(web::Json(runs.find(&app.app, &person, task).await?.into()))
}
