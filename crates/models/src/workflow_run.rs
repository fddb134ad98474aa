//! Runs of workflows: one row per run, written when it begins and changed once, when it ends.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, Both, QueryResult};
use crate::schema::{workflow_app_logs, workflow_node_executions as nodes, workflow_runs};
use crate::workflow::WorkflowType;
use crate::workflow_app_log::WorkflowAppLog;
use crate::workflow_node_execution::NodeStatus;
use crate::{AppId, CreatorRole, TenantId, WorkflowId, WorkflowRunId};

text_enum! {
    RunStatus {
        Scheduled => "scheduled",
        Running => "running",
        Succeeded => "succeeded",
        Failed => "failed",
        Stopped => "stopped",
        PartialSucceeded => "partial-succeeded",
        Paused => "paused",
    }
}

text_enum! {
    /// Where a run was asked for: its `triggered_from`.
    RunOrigin {
        Debugging => "debugging",
        AppRun => "app-run",
        RagPipelineRun => "rag-pipeline-run",
        RagPipelineDebugging => "rag-pipeline-debugging",
        Webhook => "webhook",
        Schedule => "schedule",
        Plugin => "plugin",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = workflow_runs, check_for_backend(Pg))]
pub struct WorkflowRun {
    pub id: WorkflowRunId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub workflow_id: WorkflowId,
    #[diesel(column_name = type_)]
    pub kind: WorkflowType,
    pub triggered_from: RunOrigin,
    pub version: String,
    /// JSON text, the graph that ran.
    pub graph: Option<String>,
    /// JSON text of an object.
    pub inputs: Option<String>,
    pub status: RunStatus,
    /// JSON text of an object.
    pub outputs: Option<String>,
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

/// A run that begins.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = workflow_runs)]
pub struct NewWorkflowRun<'a> {
    pub id: WorkflowRunId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub workflow_id: WorkflowId,
    #[diesel(column_name = type_)]
    pub kind: WorkflowType,
    pub triggered_from: RunOrigin,
    pub version: &'a str,
    pub graph: &'a str,
    pub inputs: &'a str,
    pub status: RunStatus,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
}

/// How a run ended, or that it pauses (then without `finished_at`).
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = workflow_runs, treat_none_as_null = true)]
pub struct RunEnd<'a> {
    pub status: RunStatus,
    /// JSON text of an object.
    pub outputs: Option<&'a str>,
    pub error: Option<&'a str>,
    /// Seconds.
    pub elapsed_time: f64,
    pub total_tokens: i64,
    pub total_steps: i32,
    pub exceptions_count: i32,
    pub finished_at: Option<NaiveDateTime>,
}

impl WorkflowRun {
    /// Writes a run that begins. One statement.
    pub async fn insert(conn: &mut AsyncPgConnection, new: &NewWorkflowRun<'_>) -> QueryResult<()> {
        diesel::insert_into(workflow_runs::table).values(new).execute(conn).await.map(drop)
    }

    /// Writes a run that begins, and its line in the app's log if it is to have one. One statement.
    pub async fn begin(
        conn: &mut AsyncPgConnection,
        new: &NewWorkflowRun<'_>,
        log: Option<&WorkflowAppLog>,
    ) -> QueryResult<()> {
        let Some(log) = log else { return Self::insert(conn, new).await };
        let run = diesel::insert_into(workflow_runs::table).values(new);
        Both(run, diesel::insert_into(workflow_app_logs::table).values(log)).execute(conn).await.map(drop)
    }

    /// Writes how a run ended. One statement; `false` if the workspace has no such run.
    pub async fn finish(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: WorkflowRunId,
        end: &RunEnd<'_>,
    ) -> QueryResult<bool> {
        let run = workflow_runs::table.filter(workflow_runs::tenant_id.eq(tenant)).filter(workflow_runs::id.eq(id));
        Ok(diesel::update(run).set(end).execute(conn).await? > 0)
    }

    /// A paused run goes on. One statement; `false` if it was not paused, so that of two who resume it one does.
    pub async fn resume(conn: &mut AsyncPgConnection, tenant: TenantId, id: WorkflowRunId) -> QueryResult<bool> {
        let run = workflow_runs::table
            .filter(workflow_runs::tenant_id.eq(tenant))
            .filter(workflow_runs::id.eq(id))
            .filter(workflow_runs::status.eq(RunStatus::Paused));
        Ok(diesel::update(run).set(workflow_runs::status.eq(RunStatus::Running)).execute(conn).await? > 0)
    }

    /// Marks a run whose process died as failed, and its unfinished nodes with it, unless the run ended after all. One
    /// statement; `false` if it had ended.
    pub async fn abandon(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: WorkflowRunId,
        error: &str,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let unfinished = nodes::table
            .filter(nodes::tenant_id.eq(tenant))
            .filter(nodes::workflow_run_id.eq(id))
            .filter(nodes::status.eq_any([NodeStatus::Running, NodeStatus::Paused]));
        let run = workflow_runs::table
            .filter(workflow_runs::tenant_id.eq(tenant))
            .filter(workflow_runs::id.eq(id))
            .filter(workflow_runs::status.eq(RunStatus::Running));
        let first = diesel::update(unfinished).set((
            nodes::status.eq(NodeStatus::Failed),
            nodes::error.eq(error),
            nodes::finished_at.eq(now),
        ));
        let then = diesel::update(run).set((
            workflow_runs::status.eq(RunStatus::Failed),
            workflow_runs::error.eq(error),
            workflow_runs::finished_at.eq(now),
        ));
        Ok(Both(first, then).execute(conn).await? > 0)
    }

    /// A run of an app.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: WorkflowRunId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(workflow_runs::tenant_id.eq(tenant))
            .filter(workflow_runs::app_id.eq(app))
            .filter(workflow_runs::id.eq(id))
            .first(conn)
            .await
            .optional()
    }
}
