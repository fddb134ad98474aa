//! Writing long runs down, so that another process can go on when this one dies.
//!
//! A run that ends within seconds is never written: should its process die, it is marked as failed. Secrets of the
//! environment are not written; they are read again when a run goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use core_workflow::{Event, Run};
use models::db::DbError;
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::{AppId, Caller, ConversationId, InvokeFrom, MessageId, TenantId, WorkflowRunId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::drive::Told;
use super::prepare::Turn;
use super::records::{self, Records};
use super::request::Person;
use crate::engine::EngineParts;

/// How much work may be lost.
const EVERY: Duration = Duration::from_secs(2);
/// A state above this many bytes is not written: writing it would cost more than it saves.
const LARGEST: usize = 16 * 1024 * 1024;

/// What the app knows of a run, beside the engine's state.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Context {
    pub message: Uuid,
    pub conversation: Uuid,
    pub created_at: i64,
    pub invoke_from: String,
    pub person: Person,
    pub session: String,
    pub end_user: bool,
    pub caller: Uuid,
    /// The answer so far.
    pub text: String,
    pub resources: Vec<Json>,
    pub files: Vec<Json>,
    pub name_after: Option<String>,
    pub parent_message: Option<Uuid>,
}

impl Context {
    pub(super) fn caller(&self) -> Caller {
        if self.end_user {
            Caller::EndUser(models::EndUserId(self.caller))
        } else {
            Caller::Account(models::AccountId(self.caller))
        }
    }

    pub(super) fn invoke_from(&self) -> InvokeFrom {
        InvokeFrom::parse(&self.invoke_from).unwrap_or(InvokeFrom::ServiceApi)
    }

    pub(super) const fn message(&self) -> MessageId {
        MessageId(self.message)
    }

    pub(super) const fn conversation(&self) -> ConversationId {
        ConversationId(self.conversation)
    }
}

/// Writes one run down, now and then.
pub(super) struct Checkpoints {
    parts: Arc<EngineParts>,
    last: Instant,
    writing: Option<JoinHandle<()>>,
    /// Something was written, and has to go when the run has ended.
    pub written: bool,
}

impl Checkpoints {
    pub(super) fn new(parts: &Arc<EngineParts>, resumed: bool) -> Self {
        Self { parts: Arc::clone(parts), last: Instant::now(), writing: None, written: resumed }
    }

    /// After an event with which something has ended, if it is time: the state is taken at once, and written beside
    /// the run, after the rows of the nodes that have ended.
    pub(super) fn note(&mut self, event: &Event, run: &Run, turn: &Turn, told: &Told, records: &mut Records) {
        let is_boundary = matches!(
            event,
            Event::NodeSucceeded(_) | Event::NodeException(_) | Event::NodeRetry { .. } | Event::RoundNext { .. }
        );
        let is_idle = self.writing.as_ref().is_none_or(JoinHandle::is_finished);
        if !is_boundary || !is_idle || self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let state = match run.checkpoint().map(|checkpoint| serde_json::to_string(&checkpoint)) {
            Ok(Ok(state)) if state.len() <= LARGEST => state,
            Ok(Ok(_)) => return,
            Ok(Err(error)) => {
                tracing::error!(error = %error, "a run could not be written down");
                return;
            }
            Err(error) => {
                tracing::error!(error = %error, "a run could not be written down");
                return;
            }
        };
        let row = WorkflowCheckpoint {
            run_id: turn.run_id,
            tenant_id: turn.tenant,
            context: serde_json::json!(context(turn, told)).to_string(),
            state,
            attempts: 0,
            updated_at: Utc::now().naive_utc(),
        };
        let rows = records.take();
        let parts = Arc::clone(&self.parts);
        self.written = true;
        self.writing = Some(self.parts.tasks.spawn(async move {
            if let Err(error) = write(&parts, &rows, &row).await {
                tracing::warn!(error = %error, "a run could not be written down; it will be tried again");
            }
        }));
    }

    /// Waits for what is being written.
    pub(super) async fn settle(&mut self) {
        if let Some(writing) = self.writing.take()
            && let Err(error) = writing.await
        {
            tracing::error!(error = %error, "a run was not written down");
        }
    }
}

async fn write(
    parts: &EngineParts,
    rows: &[models::workflow_node_execution::NodeExecution],
    row: &WorkflowCheckpoint,
) -> Result<(), DbError> {
    records::write(&parts.pool, rows).await?;
    let mut conn = parts.pool.get().await?;
    Ok(WorkflowCheckpoint::upsert(&mut conn, row).await?)
}

fn context(turn: &Turn, told: &Told) -> Context {
    Context {
        message: turn.envelope.message.0,
        conversation: turn.envelope.conversation.0,
        created_at: turn.envelope.created_at,
        invoke_from: turn.envelope.invoke_from.to_string(),
        person: turn.person.clone(),
        session: turn.session.clone(),
        end_user: turn.caller.end_user().is_some(),
        caller: turn.caller.id(),
        text: told.text.clone(),
        resources: told.resources.clone(),
        files: told.files.clone(),
        name_after: turn.name_after.clone(),
        parent_message: turn.parent_message,
    }
}

/// Whose run is to go on.
#[derive(Debug, Clone, Copy)]
pub struct LostRun {
    pub tenant: TenantId,
    pub app: AppId,
    pub run: WorkflowRunId,
}
