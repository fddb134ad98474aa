//! Runs of an app as its builders look at them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::Scroll;
use controllers_common::dto::workflow_log::{LogsQuery, RunEndUserDto, WorkflowLogDto, lines_of_log, run_status};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use models::workflow_run::RunOrigin;
use models::workflow_run_list::RunCounts;
use models::{AppId, AppMode, WorkflowRunId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use services::apps::Apps;
use services::workflow_history::{RunDetail, RunPage, WorkflowHistory};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::body::{Person, raw_object};
use super::node_execution::NodeExecutionDto;
use super::workflow_app;
use crate::answers::{Data, seconds};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// The run after which the list goes on.
    last_id: String,
    #[validate(range(min = 1, max = 100))]
    limit: usize,
    status: String,
    /// `debugging` or `app-run`.
    triggered_from: String,
}

impl Default for RunsQuery {
    fn default() -> Self {
        Self { last_id: String::new(), limit: 20, status: String::new(), triggered_from: String::new() }
    }
}

fn origin(text: &str) -> Result<RunOrigin, ApiError> {
    match text {
        "" | "debugging" => Ok(RunOrigin::Debugging),
        "app-run" => Ok(RunOrigin::AppRun),
        _ => Err(ApiError::invalid_field("triggered_from", "triggered_from must be debugging or app-run".to_owned())),
    }
}

fn run_id(text: &str) -> Result<Option<WorkflowRunId>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let fault = |_shape| ApiError::invalid_field("last_id", format!("{text} is not a valid uuid."));
    text.parse().map(Some).map_err(fault)
}

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDto {
    id: String,
    version: String,
    status: String,
    elapsed_time: f64,
    total_tokens: i64,
    total_steps: i32,
    created_by_account: Option<Person>,
    created_at: i64,
    finished_at: Option<i64>,
    exceptions_count: i32,
    retry_index: i32,
    /// Conversations only.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
}

fn lines(page: RunPage, limit: usize) -> Scroll<RunDto> {
    let RunPage { runs, has_more, people, messages } = page;
    let data = runs.into_iter().map(|run| {
        let message = messages.get(&run.id);
        RunDto {
            created_by_account: people.account(run.created_by_role, run.created_by).map(Person::from),
            conversation_id: message.map(|(_, conversation)| conversation.to_string()),
            message_id: message.map(|(message, _)| message.to_string()),
            id: run.id.to_string(),
            version: run.version,
            status: run.status.to_string(),
            elapsed_time: run.elapsed_time,
            total_tokens: run.total_tokens,
            total_steps: run.total_steps.unwrap_or_default(),
            created_at: seconds(run.created_at),
            finished_at: run.finished_at.map(seconds),
            exceptions_count: run.exceptions_count.unwrap_or_default(),
            retry_index: 0,
        }
    });
    Scroll { limit, has_more, data: data.collect() }
}

/// Runs of a workflow or chatflow, newest first.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-runs", params(("app_id" = String, Path), RunsQuery),
    responses((status = 200, body = Scroll<RunDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_runs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<RunsQuery>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<Scroll<RunDto>>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let last = run_id(&query.last_id)?;
    let page =
        history.runs(&app, origin(&query.triggered_from)?, run_status(&query.status)?, last, query.limit).await?;
    let page = RunPage { messages: std::collections::HashMap::new(), ..page };
    Ok(web::Json(lines(page, query.limit)))
}

/// Runs of a chatflow with the messages they have answered, newest first.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/advanced-chat/workflow-runs",
    params(("app_id" = String, Path), RunsQuery),
    responses((status = 200, body = Scroll<RunDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_chatflow_runs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<RunsQuery>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<Scroll<RunDto>>, ApiError> {
    let app = apps.find_in(user.tenant_id(), *app, &[AppMode::AdvancedChat]).await?;
    let last = run_id(&query.last_id)?;
    let page =
        history.runs(&app, origin(&query.triggered_from)?, run_status(&query.status)?, last, query.limit).await?;
    Ok(web::Json(lines(page, query.limit)))
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountQuery {
    status: String,
    /// Such as `7d`, `4h`, `30m`, `30s`.
    time_range: String,
    triggered_from: String,
}

/// How many runs there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountDto {
    total: i64,
    running: i64,
    succeeded: i64,
    failed: i64,
    stopped: i64,
    partial_succeeded: i64,
}

impl From<RunCounts> for CountDto {
    fn from(counts: RunCounts) -> Self {
        let RunCounts { total, running, succeeded, failed, stopped, partial_succeeded } = counts;
        Self { total, running, succeeded, failed, stopped, partial_succeeded }
    }
}

fn time_range(text: &str) -> Result<Option<TimeDelta>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let fault = || ApiError::invalid_field("time_range", "time_range must be like 7d, 4h, 30m or 30s".to_owned());
    let unit = text.chars().last().ok_or_else(fault)?;
    let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(fault)?;
    let delta = match unit {
        'd' => TimeDelta::try_days(number),
        'h' => TimeDelta::try_hours(number),
        'm' => TimeDelta::try_minutes(number),
        's' => TimeDelta::try_seconds(number),
        _ => None,
    };
    delta.filter(|_| (0..=1_000_000_000).contains(&number)).map(Some).ok_or_else(fault)
}

/// How many runs of a workflow or chatflow there are.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-runs/count", params(("app_id" = String, Path), CountQuery),
    responses((status = 200, body = CountDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn count_runs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<CountQuery>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<CountDto>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let range = time_range(&query.time_range)?;
    let counts = history.counts(&app, origin(&query.triggered_from)?, run_status(&query.status)?, range).await?;
    Ok(web::Json(counts.into()))
}

/// How many runs of a chatflow there are.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/advanced-chat/workflow-runs/count",
    params(("app_id" = String, Path), CountQuery),
    responses((status = 200, body = CountDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn count_chatflow_runs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    query: ValidQuery<CountQuery>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<CountDto>, ApiError> {
    count_runs(user, app, query, apps, history).await
}

/// One run, whole; everything is null for one that the app does not have.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RunDetailDto {
    id: Option<String>,
    version: Option<String>,
    #[schema(value_type = Option<Object>)]
    graph: Option<Box<RawValue>>,
    #[schema(value_type = Option<Object>)]
    inputs: Option<Box<RawValue>>,
    status: Option<String>,
    #[schema(value_type = Option<Object>)]
    outputs: Option<Box<RawValue>>,
    error: Option<String>,
    elapsed_time: Option<f64>,
    total_tokens: Option<i64>,
    total_steps: Option<i32>,
    created_by_role: Option<String>,
    created_by_account: Option<Person>,
    created_by_end_user: Option<RunEndUserDto>,
    created_at: Option<i64>,
    finished_at: Option<i64>,
    exceptions_count: Option<i32>,
}

impl From<RunDetail> for RunDetailDto {
    fn from(detail: RunDetail) -> Self {
        let RunDetail { run, people } = detail;
        Self {
            created_by_account: people.account(run.created_by_role, run.created_by).map(Person::from),
            created_by_end_user: people.end_user(run.created_by_role, run.created_by).map(RunEndUserDto::from),
            id: Some(run.id.to_string()),
            version: Some(run.version),
            graph: Some(raw_object(run.graph)),
            inputs: Some(raw_object(run.inputs)),
            status: Some(run.status.to_string()),
            outputs: Some(raw_object(run.outputs)),
            error: run.error,
            elapsed_time: Some(run.elapsed_time),
            total_tokens: Some(run.total_tokens),
            total_steps: Some(run.total_steps.unwrap_or_default()),
            created_by_role: Some(run.created_by_role.to_string()),
            created_at: Some(seconds(run.created_at)),
            finished_at: run.finished_at.map(seconds),
            exceptions_count: Some(run.exceptions_count.unwrap_or_default()),
        }
    }
}

/// One run.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-runs/{run_id}",
    params(("app_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 200, body = RunDetailDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get_run(
    user: ConsoleUser,
    path: web::Path<(AppId, WorkflowRunId)>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<RunDetailDto>, ApiError> {
    let (app, run) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    match history.run(&app, run).await {
        Ok(detail) => Ok(web::Json(detail.into())),
        Err(services::workflow_history::HistoryError::NoRun) => Ok(web::Json(RunDetailDto::default())),
        Err(error) => Err(error.into()),
    }
}

/// What the nodes of a run did.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-runs/{run_id}/node-executions",
    params(("app_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 200, body = Data<Vec<NodeExecutionDto>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_node_executions(
    user: ConsoleUser,
    path: web::Path<(AppId, WorkflowRunId)>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<Data<Vec<NodeExecutionDto>>>, ApiError> {
    let (app, run) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    let executions = history.nodes(&app, run).await?;
    Ok(web::Json(Data { data: NodeExecutionDto::all(executions) }))
}

/// What a node of the draft did last.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run",
    params(("app_id" = String, Path), ("node_id" = String, Path)),
    responses((status = 200, body = NodeExecutionDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn last_run(
    user: ConsoleUser,
    path: web::Path<(AppId, String)>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<NodeExecutionDto>, ApiError> {
    let (app, node) = path.into_inner();
    let app = workflow_app(&apps, user.tenant_id(), app).await?;
    let found = NodeExecutionDto::all(history.last_run(&app, &node).await?).pop();
    found.map(web::Json).ok_or_else(|| ApiError::not_found("Node not found".to_owned()))
}

/// The log of a workflow: runs that were not a builder's tries.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-app-logs",
    params(("app_id" = String, Path), LogsQuery, PageQuery),
    responses((status = 200, body = Page<WorkflowLogDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_logs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<LogsQuery>,
    ValidQuery(page): ValidQuery<PageQuery>,
    apps: web::Data<Apps>,
    history: web::Data<WorkflowHistory>,
) -> Result<web::Json<Page<WorkflowLogDto>>, ApiError> {
    let app = apps.find_in(user.tenant_id(), *app, &[AppMode::Workflow]).await?;
    let detail = query.detail;
    let found = history.logs(&app, &query.wanted()?, page.page, page.limit).await?;
    Ok(web::Json(lines_of_log(found, page, detail)))
}

/// Lines that were moved to an archive; nothing is, here.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-archived-logs",
    params(("app_id" = String, Path), LogsQuery, PageQuery),
    responses((status = 200, body = Page<WorkflowLogDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list_archived_logs(
    user: ConsoleUser,
    app: web::Path<AppId>,
    ValidQuery(query): ValidQuery<LogsQuery>,
    ValidQuery(page): ValidQuery<PageQuery>,
    apps: web::Data<Apps>,
) -> Result<web::Json<Page<WorkflowLogDto>>, ApiError> {
    apps.find_in(user.tenant_id(), *app, &[AppMode::Workflow]).await?;
    query.wanted()?;
    Ok(web::Json(Page::new(page, 0, Vec::new())))
}

/// The archive of a run; no run has one, here.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflow-runs/{run_id}/export",
    params(("app_id" = String, Path), ("run_id" = String, Path)),
    responses((status = "4XX", body = ErrorBody)))]
pub(crate) async fn export_run(
    user: ConsoleUser,
    path: web::Path<(AppId, WorkflowRunId)>,
    apps: web::Data<Apps>,
) -> Result<HttpResponse, ApiError> {
    let (app, _) = path.into_inner();
    workflow_app(&apps, user.tenant_id(), app).await?;
    Err(ApiError::new(StatusCode::NOT_FOUND, "archive_log_not_found", "Workflow run archive not found"))
}
