//! What the nodes of runs did, one row per node and run; retries change the same row.

use chrono::NaiveDateTime;
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{workflow_node_execution_offload as offload, workflow_node_executions as nodes};
use crate::{AppId, CreatorRole, NodeExecutionId, TenantId, UploadFileId, WorkflowId, WorkflowRunId};

text_enum! {
    NodeStatus {
        Pending => "pending",
        Running => "running",
        Succeeded => "succeeded",
        Failed => "failed",
        /// Failed, and handled by the node's strategy.
        Exception => "exception",
        Stopped => "stopped",
        Paused => "paused",
        Retry => "retry",
    }
}

text_enum! {
    /// What a node ran in: its `triggered_from`.
    NodeOrigin {
        WorkflowRun => "workflow-run",
        SingleStep => "single-step",
        RagPipelineRun => "rag-pipeline-run",
    }
}

text_enum! {
    /// Which value of an execution was too large for its row.
    OffloadKind {
        Inputs => "inputs",
        ProcessData => "process_data",
        Outputs => "outputs",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = nodes, check_for_backend(Pg))]
pub struct NodeExecution {
    pub id: NodeExecutionId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub workflow_id: WorkflowId,
    pub triggered_from: NodeOrigin,
    /// `None` for single steps.
    pub workflow_run_id: Option<WorkflowRunId>,
    /// Counted from 1 over all starts of nodes of the run.
    pub index: i32,
    pub predecessor_node_id: Option<String>,
    /// The id as text.
    pub node_execution_id: Option<String>,
    pub node_id: String,
    pub node_type: String,
    pub title: String,
    /// JSON text of an object, like the next two; cut where there is an offloaded file.
    pub inputs: Option<String>,
    pub process_data: Option<String>,
    pub outputs: Option<String>,
    pub status: NodeStatus,
    pub error: Option<String>,
    /// Seconds.
    pub elapsed_time: f64,
    /// JSON text of an object.
    pub execution_metadata: Option<String>,
    pub created_at: NaiveDateTime,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub finished_at: Option<NaiveDateTime>,
}

/// That a value of an execution is whole in a file.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = offload, check_for_backend(Pg))]
pub struct Offloaded {
    pub id: Uuid,
    pub created_at: NaiveDateTime,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub node_execution_id: Option<NodeExecutionId>,
    #[diesel(column_name = type_)]
    pub kind: OffloadKind,
    pub file_id: UploadFileId,
}

/// An execution as it is shown.
#[derive(Debug, Clone)]
pub struct SeenExecution {
    pub execution: NodeExecution,
    /// Values of which the row has only the beginning.
    pub cut: Vec<OffloadKind>,
}

impl From<(NodeExecution, Vec<OffloadKind>)> for SeenExecution {
    fn from((execution, cut): (NodeExecution, Vec<OffloadKind>)) -> Self {
        Self { execution, cut }
    }
}

/// Which values of an execution are cut, in the same statement as its row.
fn cut() -> SqlLiteral<Array<Text>> {
    diesel::dsl::sql(
        "ARRAY(SELECT o.type FROM workflow_node_execution_offload o WHERE o.node_execution_id = workflow_node_executions.id \
         AND o.tenant_id = workflow_node_executions.tenant_id)",
    )
}

/// A statement has at most 65 535 parameters, and a row 23.
const ROWS_PER_STATEMENT: usize = 2_000;

impl NodeExecution {
    /// Writes executions, new ones and changed ones; the ids of one call must differ. One statement for each 2000 rows.
    /// What a row began with stays: ids, node, title, index, author and time.
    pub async fn upsert_all(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            diesel::insert_into(nodes::table)
                .values(rows)
                .on_conflict(nodes::id)
                .do_update()
                .set((
                    nodes::inputs.eq(excluded(nodes::inputs)),
                    nodes::process_data.eq(excluded(nodes::process_data)),
                    nodes::outputs.eq(excluded(nodes::outputs)),
                    nodes::status.eq(excluded(nodes::status)),
                    nodes::error.eq(excluded(nodes::error)),
                    nodes::elapsed_time.eq(excluded(nodes::elapsed_time)),
                    nodes::execution_metadata.eq(excluded(nodes::execution_metadata)),
                    nodes::finished_at.eq(excluded(nodes::finished_at)),
                ))
                .execute(conn)
                .await?;
        }
        Ok(())
    }

    /// Marks the executions of a run that have not ended as failed. One statement.
    pub async fn abandon(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        run: WorkflowRunId,
        error: &str,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let unfinished = nodes::table
            .filter(nodes::tenant_id.eq(tenant))
            .filter(nodes::workflow_run_id.eq(run))
            .filter(nodes::status.eq_any([NodeStatus::Running, NodeStatus::Retry, NodeStatus::Paused]));
        diesel::update(unfinished)
            .set((nodes::status.eq(NodeStatus::Failed), nodes::error.eq(error), nodes::finished_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// All executions of a run, in the order of their starts.
    pub async fn of_run(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        run: WorkflowRunId,
    ) -> QueryResult<Vec<SeenExecution>> {
        let rows: Vec<(Self, Vec<OffloadKind>)> = nodes::table
            .filter(nodes::tenant_id.eq(tenant))
            .filter(nodes::app_id.eq(app))
            .filter(nodes::workflow_run_id.eq(run))
            .order((nodes::index, nodes::created_at, nodes::id))
            .select((Self::as_select(), cut()))
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(SeenExecution::from).collect())
    }

    /// One execution by its id.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: NodeExecutionId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(nodes::tenant_id.eq(tenant))
            .filter(nodes::app_id.eq(app))
            .filter(nodes::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// The newest execution of a node of a workflow, in whatever it ran.
    pub async fn last_of(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        workflow: WorkflowId,
        node: &str,
    ) -> QueryResult<Option<SeenExecution>> {
        let row: Option<(Self, Vec<OffloadKind>)> = nodes::table
            .filter(nodes::tenant_id.eq(tenant))
            .filter(nodes::workflow_id.eq(workflow))
            .filter(nodes::node_id.eq(node))
            .order((nodes::created_at.desc(), nodes::id.desc()))
            .select((Self::as_select(), cut()))
            .first(conn)
            .await
            .optional()?;
        Ok(row.map(SeenExecution::from))
    }
}

impl Offloaded {
    /// Stands for a file where the whole value could not be kept: the row has its beginning, and that is all there is.
    pub const NOWHERE: UploadFileId = UploadFileId(Uuid::nil());

    /// Notes where whole values are, in place of what was noted of these executions before, within a transaction. The
    /// files that nobody names any more are given back. Two statements, and one more for each 2000 rows.
    pub async fn replace_all(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<Vec<UploadFileId>> {
        let Some(tenant) = rows.first().map(|row| row.tenant_id) else { return Ok(Vec::new()) };
        let executions: Vec<NodeExecutionId> = rows.iter().filter_map(|row| row.node_execution_id).collect();
        let noted =
            offload::table.filter(offload::tenant_id.eq(tenant)).filter(offload::node_execution_id.eq_any(&executions));
        let mut replaced: Vec<UploadFileId> =
            diesel::delete(noted).returning(offload::file_id).get_results(conn).await?;
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            diesel::insert_into(offload::table).values(rows).execute(conn).await?;
        }
        // A write whose answer was lost is done twice.
        replaced.retain(|file| *file != Self::NOWHERE && rows.iter().all(|row| row.file_id != *file));
        Ok(replaced)
    }

    /// Those of several executions.
    pub async fn of_executions(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[NodeExecutionId],
    ) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(offload::tenant_id.eq(tenant))
            .filter(offload::node_execution_id.eq_any(ids))
            .load(conn)
            .await
    }
}
