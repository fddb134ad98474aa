//! The runs of an app, a page at a time and counted: without graphs, inputs and outputs.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{messages, workflow_runs};
use crate::workflow_run::{RunOrigin, RunStatus};
use crate::{AppId, ConversationId, CreatorRole, MessageId, TenantId, WorkflowRunId};

/// A run as lists show it.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = workflow_runs, check_for_backend(Pg))]
pub struct RunLine {
    pub id: WorkflowRunId,
    pub version: String,
    pub triggered_from: RunOrigin,
    pub status: RunStatus,
    pub error: Option<String>,
    /// Seconds.
    pub elapsed_time: f64,
    pub total_tokens: i64,
    pub total_steps: Option<i32>,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
    pub finished_at: Option<NaiveDateTime>,
    pub exceptions_count: Option<i32>,
}

/// Which runs.
#[derive(Debug, Clone, Copy)]
pub struct RunFilter<'a> {
    pub tenant: TenantId,
    pub app: AppId,
    pub origins: &'a [RunOrigin],
    pub status: Option<RunStatus>,
    pub since: Option<NaiveDateTime>,
}

fn filtered<'a>(filter: RunFilter<'a>) -> workflow_runs::BoxedQuery<'a, Pg> {
    let mut query = workflow_runs::table
        .filter(workflow_runs::tenant_id.eq(filter.tenant))
        .filter(workflow_runs::app_id.eq(filter.app))
        .filter(workflow_runs::triggered_from.eq_any(filter.origins))
        .into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(workflow_runs::status.eq(status));
    }
    if let Some(since) = filter.since {
        query = query.filter(workflow_runs::created_at.ge(since));
    }
    query
}

/// The newest runs that are older than `before`, newest first.
pub async fn page(
    conn: &mut AsyncPgConnection,
    filter: RunFilter<'_>,
    before: Option<(NaiveDateTime, WorkflowRunId)>,
    limit: i64,
) -> QueryResult<Vec<RunLine>> {
    let mut query = filtered(filter);
    if let Some((at, id)) = before {
        let older = workflow_runs::created_at.lt(at);
        query = query.filter(older.or(workflow_runs::created_at.eq(at).and(workflow_runs::id.lt(id))));
    }
    query
        .order((workflow_runs::created_at.desc(), workflow_runs::id.desc()))
        .limit(limit)
        .select(RunLine::as_select())
        .load(conn)
        .await
}

/// How many runs there are, in all and in the statuses that people count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable)]
pub struct RunCounts {
    pub total: i64,
    pub running: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub stopped: i64,
    pub partial_succeeded: i64,
}

/// Counts runs in one statement.
pub async fn counts(conn: &mut AsyncPgConnection, filter: RunFilter<'_>) -> QueryResult<RunCounts> {
    let in_status = |status: RunStatus| sql::<BigInt>(&format!("count(*) FILTER (WHERE status = '{status}')"));
    filtered(filter)
        .select((
            sql::<BigInt>("count(*)"),
            in_status(RunStatus::Running),
            in_status(RunStatus::Succeeded),
            in_status(RunStatus::Failed),
            in_status(RunStatus::Stopped),
            in_status(RunStatus::PartialSucceeded),
        ))
        .first(conn)
        .await
}

/// When a run of the app began, for going on after it in a list.
pub async fn position(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    app: AppId,
    id: WorkflowRunId,
) -> QueryResult<Option<NaiveDateTime>> {
    workflow_runs::table
        .filter(workflow_runs::tenant_id.eq(tenant))
        .filter(workflow_runs::app_id.eq(app))
        .filter(workflow_runs::id.eq(id))
        .select(workflow_runs::created_at)
        .first(conn)
        .await
        .optional()
}

/// Several runs of an app, in any order.
pub async fn find_all(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    app: AppId,
    ids: &[WorkflowRunId],
) -> QueryResult<Vec<RunLine>> {
    RunLine::query()
        .filter(workflow_runs::tenant_id.eq(tenant))
        .filter(workflow_runs::app_id.eq(app))
        .filter(workflow_runs::id.eq_any(ids))
        .load(conn)
        .await
}

/// The messages that these runs answered.
pub async fn messages_of(
    conn: &mut AsyncPgConnection,
    app: AppId,
    runs: &[WorkflowRunId],
) -> QueryResult<Vec<(WorkflowRunId, MessageId, ConversationId)>> {
    let rows: Vec<(Option<Uuid>, MessageId, ConversationId)> = messages::table
        .filter(messages::app_id.eq(app))
        .filter(messages::workflow_run_id.eq_any(runs))
        .select((messages::workflow_run_id, messages::id, messages::conversation_id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(run, message, of)| Some((WorkflowRunId(run?), message, of))).collect())
}
