//! Rows of what nodes did. They are gathered while a run works and written in batches beside it, never on a node's way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use core_workflow::Event;
use core_workflow::event::{Execution, NodeEnd};
use core_workflow::value::Map;
use futures::FutureExt;
use indexmap::IndexMap;
use models::db::{DbError, Pool};
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::workflow_node_execution::{NodeExecution, NodeOrigin, NodeStatus, OffloadKind};
use models::{AppId, Caller, NodeExecutionId, TenantId, WorkflowId, WorkflowRunId};
use tokio::task::{JoinError, JoinHandle};
use uuid::Uuid;

use super::offload::{self, Batch, LargeValues};
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
    /// What is too large for the rows that have changed.
    large: LargeValues,
    last_write: Instant,
    /// One write at a time, so that an earlier state of a row never comes after a later one. Gives back what could not be
    /// written.
    writing: Option<JoinHandle<Result<(), Batch>>>,
}

impl Records {
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            owner,
            changed: IndexMap::new(),
            open: IndexMap::new(),
            large: LargeValues::default(),
            last_write: Instant::now(),
            writing: None,
        }
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
        let id = NodeExecutionId(end.execution.id);
        // What a failed attempt had is soon replaced: its large values are cut and not kept.
        let keeps = status != NodeStatus::Retry;
        let mut fitted = |kind: OffloadKind, map: &Map| {
            let fitted = offload::fit(map);
            if let Some(whole) = fitted.whole.filter(|_| keeps) {
                self.large.push(id, kind, whole);
            }
            Some(fitted.text)
        };
        let inputs = fitted(OffloadKind::Inputs, &end.inputs);
        let process_data = fitted(OffloadKind::ProcessData, &end.process_data);
        let outputs = fitted(OffloadKind::Outputs, &end.outputs);
        let row = NodeExecution {
            inputs,
            process_data,
            outputs,
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

    fn ended_write(&mut self, ended: Result<Result<(), Batch>, JoinError>) {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(batch)) => self.put_back(batch),
            Err(error) => tracing::error!(error = %error, "rows of nodes were not written"),
        }
    }

    /// Whether what a long run has done should be written. What is large is stored while the run goes on.
    pub(super) fn is_due(&self) -> bool {
        !self.changed.is_empty() && (self.last_write.elapsed() >= WRITE_EVERY || !self.large.is_empty())
    }

    /// Writes everything beside the run, and after it how the run is now. Only while no other write is under way.
    pub(super) fn write_beside(&mut self, parts: &Arc<EngineParts>, checkpoint: Option<WorkflowCheckpoint>) {
        self.last_write = Instant::now();
        let mut batch = self.take();
        let owned = Arc::clone(parts);
        self.writing = Some(parts.tasks.spawn(async move {
            if let Err(error) = write(&owned, &mut batch).await {
                tracing::warn!(error = %error, "rows of nodes could not be written; they will be tried again");
                return Err(batch);
            }
            if let Some(checkpoint) = checkpoint
                && let Err(error) = write_checkpoint(&owned.pool, &checkpoint).await
            {
                tracing::warn!(error = %error, "a run could not be written down; it will be tried again");
            }
            Ok(())
        }));
    }

    /// Notes what could not be written.
    pub(super) fn put_back(&mut self, batch: Batch) {
        for row in batch.rows {
            // What is known since then counts.
            self.changed.entry(row.id.0).or_insert(row);
        }
        self.large.extend(batch.large);
    }

    /// Everything that is not written yet.
    pub(super) fn take(&mut self) -> Batch {
        Batch {
            owner: self.owner,
            rows: std::mem::take(&mut self.changed).into_values().collect(),
            large: std::mem::take(&mut self.large),
        }
    }
}

/// Stores what is large, and writes rows.
pub(super) async fn write(parts: &EngineParts, batch: &mut Batch) -> Result<(), DbError> {
    if batch.is_empty() {
        return Ok(());
    }
    batch.store(&parts.files).await;
    let mut conn = parts.pool.get().await?;
    Ok(batch.write(&mut conn).await?)
}

async fn write_checkpoint(pool: &Pool, checkpoint: &WorkflowCheckpoint) -> Result<(), DbError> {
    let mut conn = pool.get().await?;
    Ok(WorkflowCheckpoint::upsert(&mut conn, checkpoint).await?)
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
