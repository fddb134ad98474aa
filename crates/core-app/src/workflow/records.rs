//! Rows of what nodes did. They are gathered while a run works and written in batches beside it, never on a node's way.

use std::time::{Duration, Instant};

use core_workflow::Event;
use core_workflow::event::{Execution, NodeEnd};
use core_workflow::value::{Map, map_to_json};
use indexmap::IndexMap;
use models::db::{DbError, Pool};
use models::workflow_node_execution::{NodeExecution, NodeOrigin, NodeStatus};
use models::{AppId, Caller, NodeExecutionId, TenantId, WorkflowId, WorkflowRunId};
use uuid::Uuid;

/// How long what a long run has done stays unwritten.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// Whose rows these are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub tenant: TenantId,
    pub app: AppId,
    pub workflow: WorkflowId,
    pub run: Option<WorkflowRunId>,
    pub origin: NodeOrigin,
    pub caller: Caller,
}

/// Rows of one run, those that were written and those that were not.
pub(super) struct Records {
    owner: Owner,
    /// Rows that have changed since they were last written.
    changed: IndexMap<Uuid, NodeExecution>,
    /// Executions that were started and have not ended, as they were last known.
    open: IndexMap<Uuid, NodeExecution>,
    last_write: Instant,
}

impl Records {
    pub(super) fn new(owner: Owner) -> Self {
        Self { owner, changed: IndexMap::new(), open: IndexMap::new(), last_write: Instant::now() }
    }

    /// Notes an event that concerns a node.
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::NodeStarted(execution) => {
                let row = self.row(execution);
                self.open.insert(execution.id, row.clone());
                self.changed.insert(execution.id, row);
            }
            Event::NodeRetry { end, .. } => self.ended(end, NodeStatus::Retry),
            Event::NodeSucceeded(end) => self.ended(end, NodeStatus::Succeeded),
            Event::NodeFailed(end) => self.ended(end, NodeStatus::Failed),
            Event::NodeException(end) => self.ended(end, NodeStatus::Exception),
            Event::RunStarted { .. }
            | Event::Chunk(_)
            | Event::Reasoning { .. }
            | Event::AgentLog { .. }
            | Event::RetrieverResources { .. }
            | Event::RoundsStarted(_)
            | Event::RoundNext { .. }
            | Event::RoundsSucceeded(_)
            | Event::RoundsFailed(_)
            | Event::RunPaused(_)
            | Event::RunEnded(_) => {}
        }
    }

    /// What had not ended when the run did ends with it.
    pub(super) fn close(&mut self, error: &str) {
        let now = chrono::Utc::now().naive_utc();
        for (id, row) in std::mem::take(&mut self.open) {
            let error = Some(without_nul(error));
            let row = NodeExecution { status: NodeStatus::Failed, error, finished_at: Some(now), ..row };
            self.changed.insert(id, row);
        }
    }

    fn row(&self, execution: &Execution) -> NodeExecution {
        NodeExecution {
            id: NodeExecutionId(execution.id),
            tenant_id: self.owner.tenant,
            app_id: self.owner.app,
            workflow_id: self.owner.workflow,
            triggered_from: self.owner.origin,
            workflow_run_id: self.owner.run,
            index: i32::try_from(execution.index).unwrap_or(i32::MAX),
            predecessor_node_id: execution.predecessor.as_ref().map(ToString::to_string),
            node_execution_id: Some(execution.id.to_string()),
            node_id: execution.node.id.to_string(),
            node_type: execution.node.kind.to_string(),
            title: without_nul(&execution.node.title),
            inputs: None,
            process_data: None,
            outputs: None,
            status: NodeStatus::Running,
            error: None,
            elapsed_time: 0.0,
            execution_metadata: None,
            created_at: execution.started_at.naive_utc(),
            created_by_role: self.owner.caller.role(),
            created_by: self.owner.caller.id(),
            finished_at: None,
        }
    }

    fn ended(&mut self, end: &NodeEnd, status: NodeStatus) {
        let row = NodeExecution {
            inputs: text(&end.inputs),
            process_data: text(&end.process_data),
            outputs: text(&end.outputs),
            status,
            error: end.failure.as_ref().map(|failure| without_nul(&failure.message)),
            elapsed_time: end.elapsed.as_secs_f64(),
            // A struct of numbers and texts always serialises.
            execution_metadata: serde_json::to_string(&end.metadata).ok(),
            finished_at: Some(end.finished_at.naive_utc()),
            ..self.row(&end.execution)
        };
        if status == NodeStatus::Retry {
            self.open.insert(end.execution.id, row.clone());
        } else {
            self.open.shift_remove(&end.execution.id);
        }
        self.changed.insert(end.execution.id, row);
    }

    /// Rows to write beside the run, if it is time for that.
    pub(super) fn due(&mut self) -> Option<Vec<NodeExecution>> {
        if self.changed.is_empty() || self.last_write.elapsed() < WRITE_EVERY {
            return None;
        }
        self.last_write = Instant::now();
        Some(self.take())
    }

    /// All rows that are not written yet.
    pub(super) fn take(&mut self) -> Vec<NodeExecution> {
        std::mem::take(&mut self.changed).into_values().collect()
    }
}

/// Writes rows. A row of an earlier state never comes after one of a later state: callers wait for one write before
/// they begin the next.
pub(super) async fn write(pool: &Pool, rows: &[NodeExecution]) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut conn = pool.get().await?;
    Ok(NodeExecution::upsert_all(&mut conn, rows).await?)
}

/// JSON text of an object. JSON escapes NUL characters, so Postgres takes it as it is.
pub(super) fn text(map: &Map) -> Option<String> {
    Some(map_to_json(map).to_string())
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
