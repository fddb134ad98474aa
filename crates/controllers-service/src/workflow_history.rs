//! Runs of an app's workflow, looked up afterwards.

use actix_web::web;
use controllers_common::app_token::AppToken;
use controllers_common::dto::workflow_log::{LogsQuery, WorkflowLogDto, lines_of_log, unix};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use models::WorkflowRunId;
use models::workflow_run::WorkflowRun;
use serde::Serialize;
use serde_json::value::RawValue;
use services::workflow_history::{HistoryError, WorkflowHistory};
use utoipa::ToSchema;

/// One run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDto {
    id: String,
    workflow_id: String,
    status: String,
    /// JSON text of an object.
    inputs: String,
    #[schema(value_type = Object)]
    outputs: Box<RawValue>,
    error: Option<String>,
    total_steps: i32,
    total_tokens: i64,
    created_at: i64,
    finished_at: Option<i64>,
    /// Seconds.
    elapsed_time: f64,
}

impl From<WorkflowRun> for RunDto {
    fn from(run: WorkflowRun) -> Self {
        let outputs = run.outputs.and_then(|text| RawValue::from_string(text).ok());
        Self {
            id: run.id.to_string(),
            workflow_id: run.workflow_id.to_string(),
            status: run.status.to_string(),
            inputs: run.inputs.unwrap_or_else(|| "{}".to_owned()),
            outputs: outputs.unwrap_or_else(|| RawValue::NULL.to_owned()),
            error: run.error,
            total_steps: run.total_steps.unwrap_or_default(),
            total_tokens: run.total_tokens,
            created_at: unix(run.created_at),
            finished_at: run.finished_at.map(unix),
            elapsed_time: run.elapsed_time,
        }
    }
}

/// Look a run up.
#[utoipa::path(get, path = "/v1/workflows/run/{workflow_run_id}", tag = "Workflow",
    params(("workflow_run_id" = String, Path)),
    responses((status = 200, body = RunDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn run(
    app: AppToken,
    path: web::Path<String>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<RunDto>, ApiError> {
    if !app.app.mode.is_workflow() {
        app.require_workflow()?;
    }
    let id: WorkflowRunId = path.parse().map_err(|_no_id| ApiError::from(HistoryError::NoRun))?;
    Ok(web::Json(history.run(&app.app, id).await?.run.into()))
}

/// The app's log of runs, newest first.
#[utoipa::path(get, path = "/v1/workflows/logs", tag = "Workflow", params(LogsQuery, PageQuery),
    responses((status = 200, body = Page<WorkflowLogDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn logs(
    app: AppToken,
    ValidQuery(query): ValidQuery<LogsQuery>,
    ValidQuery(page): ValidQuery<PageQuery>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<Page<WorkflowLogDto>>, ApiError> {
    let found = history.logs(&app.app, &query.wanted()?, page.page, page.limit).await?;
    Ok(web::Json(lines_of_log(found, page, false)))
}
