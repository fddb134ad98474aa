//! Rows of what nodes did. They are gathered while a run works and written in batches beside it, never on a node's way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use core_workflow::Event;
use core_workflow::event::{Execution, NodeEnd};
use core_workflow::value::{Map, map_to_json};
use futures::FutureExt;
use indexmap::IndexMap;
use models::db::{DbError, Pool};
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_node_execution::{NodeExecution, NodeOrigin, NodeStatus};
use models::{AppId, Caller, NodeExecutionId, TenantId, WorkflowId, WorkflowRunId};
use tokio::task::{JoinError, JoinHandle};
use uuid::Uuid;

use crate::engine::EngineParts;

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
    /// One write at a time, so that an earlier state of a row never comes after a later one. Gives back what could not be
    /// written.
    writing: Option<JoinHandle<Result<(), Vec<NodeExecution>>>>,
}

impl Records {
    pub(super) fn new(owner: Owner) -> Self {
        Self { owner, changed: IndexMap::new(), open: IndexMap::new(), last_write: Instant::now(), writing: None }
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

    /// What waits for somebody is neither running nor over.
    pub(super) fn pause(&mut self, executions: &[Execution]) {
        for execution in executions {
            let row = self.open.shift_remove(&execution.id).unwrap_or_else(|| self.row(execution));
            self.changed.insert(execution.id, NodeExecution { status: NodeStatus::Paused, ..row });
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

    /// Whether a write is under way. What one that has ended could not write is to be written again.
    pub(super) fn is_writing(&mut self) -> bool {
        let Some(writing) = self.writing.take() else { return false };
        if !writing.is_finished() {
            self.writing = Some(writing);
            return true;
        }
        if let Some(ended) = writing.now_or_never() {
            self.ended_write(ended);
        }
        false
    }

    /// Waits for the write that is under way. Cancel safe.
    pub(super) async fn settle(&mut self) {
        if let Some(writing) = &mut self.writing {
            let ended = writing.await;
            self.writing = None;
            self.ended_write(ended);
        }
    }

    fn ended_write(&mut self, ended: Result<Result<(), Vec<NodeExecution>>, JoinError>) {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(rows)) => self.put_back(rows),
            Err(error) => tracing::error!(error = %error, "rows of nodes were not written"),
        }
    }

    /// Whether what a long run has done should be written.
    pub(super) fn is_due(&self) -> bool {
        !self.changed.is_empty() && self.last_write.elapsed() >= WRITE_EVERY
    }

    /// Writes everything beside the run, and after it how the run is now. Only while no other write is under way.
    pub(super) fn write_beside(&mut self, parts: &Arc<EngineParts>, checkpoint: Option<WorkflowCheckpoint>) {
        self.last_write = Instant::now();
        let rows = self.take();
        let pool = parts.pool.clone();
        self.writing = Some(parts.tasks.spawn(async move {
            if let Err(error) = write(&pool, &rows).await {
                tracing::warn!(error = %error, "rows of nodes could not be written; they will be tried again");
                return Err(rows);
            }
            if let Some(checkpoint) = checkpoint
                && let Err(error) = write_checkpoint(&pool, &checkpoint).await
            {
                tracing::warn!(error = %error, "a run could not be written down; it will be tried again");
            }
            Ok(())
        }));
    }

    /// Notes rows that could not be written.
    pub(super) fn put_back(&mut self, rows: Vec<NodeExecution>) {
        for row in rows {
            // What is known since then counts.
            self.changed.entry(row.id.0).or_insert(row);
        }
    }

    /// All rows that are not written yet.
    pub(super) fn take(&mut self) -> Vec<NodeExecution> {
        std::mem::take(&mut self.changed).into_values().collect()
    }
}

/// Writes rows.
pub(super) async fn write(pool: &Pool, rows: &[NodeExecution]) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut conn = pool.get().await?;
    Ok(NodeExecution::upsert_all(&mut conn, rows).await?)
}

async fn write_checkpoint(pool: &Pool, checkpoint: &WorkflowCheckpoint) -> Result<(), DbError> {
    let mut conn = pool.get().await?;
    Ok(WorkflowCheckpoint::upsert(&mut conn, checkpoint).await?)
}

/// JSON text of an object. JSON escapes NUL characters, so Postgres takes it as it is.
pub(super) fn text(map: &Map) -> Option<String> {
    Some(map_to_json(map).to_string())
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
