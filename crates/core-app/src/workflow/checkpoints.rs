//! Writing long runs down, so that another process can go on when this one dies.
//!
//! A run that ends within seconds is never written: should its process die, it is marked as failed. Secrets of the
//! environment are not written; they are read again when a run goes on.

use std::time::{Duration, Instant};

use chrono::Utc;
use core_workflow::{Event, Run};
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::{AppId, Caller, ConversationId, InvokeFrom, MessageId, TenantId, WorkflowRunId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::drive::Told;
use super::prepare::Turn;
use super::request::Person;

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

/// Decides when one run is written down.
pub(super) struct Checkpoints {
    last: Instant,
    /// Something has ended since the run was last written down.
    wanted: bool,
    /// Something was written, and has to go when the run has ended.
    pub written: bool,
}

impl Checkpoints {
    pub(super) fn new(resumed: bool) -> Self {
        Self { last: Instant::now(), wanted: false, written: resumed }
    }

    /// Notes whether something has ended.
    pub(super) fn note(&mut self, event: &Event) {
        self.wanted |= matches!(
            event,
            Event::NodeSucceeded(_) | Event::NodeException(_) | Event::NodeRetry { .. } | Event::RoundNext { .. }
        );
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Waits until the run may be written down again.
    pub(super) async fn may_be_written(&self) {
        tokio::time::sleep(EVERY.saturating_sub(self.last.elapsed())).await;
    }

    /// The run as it is now, if it is time to write it down.
    pub(super) fn due(&mut self, run: &Run, turn: &Turn, told: &Told) -> Option<WorkflowCheckpoint> {
        if !self.wanted || self.last.elapsed() < EVERY {
            return None;
        }
        self.last = Instant::now();
        self.wanted = false;
        let state = match run.checkpoint().and_then(|checkpoint| Ok(serde_json::to_string(&checkpoint)?)) {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(error = %error, "a run could not be written down");
                return None;
            }
        };
        if state.len() > LARGEST {
            return None;
        }
        self.written = true;
        Some(WorkflowCheckpoint {
            run_id: turn.run_id,
            tenant_id: turn.tenant,
            context: serde_json::json!(context(turn, told)).to_string(),
            state,
            attempts: 0,
            updated_at: Utc::now().naive_utc(),
        })
    }
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
