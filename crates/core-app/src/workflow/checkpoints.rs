//! Writing long runs down, so that another process can go on when this one dies.
//!
//! A run that ends within seconds is never written: should its process die, it is marked as failed. Secrets of the
//! environment are not written; they are read again when a run goes on.

use std::time::{Duration, Instant};

use chrono::Utc;
use core_workflow::value::{Map, Value, map_to_json};
use core_workflow::{Event, Run};
use models::workflow_checkpoint::WorkflowCheckpoint;
use models::{AppId, Caller, ConversationId, InvokeFrom, MessageId, TenantId, WorkflowRunId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::runtime::{Handle, RuntimeFlavor};
use uuid::Uuid;

use super::drive::Told;
use super::prepare::Turn;
use super::request::Person;

/// How much work of quick nodes may be lost.
const EVERY: Duration = Duration::from_secs(2);
/// A node that took longer is worth a write of its own, ...
const SLOW: Duration = Duration::from_millis(500);
/// ... unless the run ends right after it, as most do after their model's answer.
const SETTLES: Duration = Duration::from_millis(100);
/// Writing takes at most one part in so many of a run's time.
const SHARE: u32 = 20;
/// A state that took longer is written out where nobody else waits.
const LONG_WRITE: Duration = Duration::from_millis(10);
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
    /// What clients are told the run was given.
    #[serde(default)]
    pub inputs: Json,
    /// The node that is tried alone.
    #[serde(default)]
    pub only: Option<String>,
}

impl Context {
    pub(super) fn of(turn: &Turn, told: &Told) -> Self {
        Self {
            message: turn.envelope.message.0,
            conversation: turn.envelope.conversation.0,
            created_at: turn.envelope.created_at,
            invoke_from: turn.envelope.invoke_from.to_string(),
            person: turn.person.clone(),
            session: turn.session.clone(),
            end_user: turn.caller.end_user().is_some(),
            caller: turn.caller.id(),
            text: told.whole_text().to_owned(),
            resources: told.resources.clone(),
            files: told.files.clone(),
            name_after: turn.name_after.clone(),
            parent_message: turn.parent_message,
            inputs: map_to_json(&turn.shown_inputs),
            only: turn.version.only.clone(),
        }
    }

    /// What clients are told the run was given.
    pub(super) fn inputs(&self) -> Map {
        Value::from_json(self.inputs.clone()).as_object().cloned().unwrap_or_default()
    }

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
    /// How long it took to write the last state out.
    cost: Duration,
    /// Something has ended since the run was last written down; this is when that is worth a write.
    due: Option<Instant>,
    /// Something was written, and has to go when the run has ended.
    pub written: bool,
}

impl Checkpoints {
    pub(super) fn new(resumed: bool) -> Self {
        Self { last: Instant::now(), cost: Duration::ZERO, due: None, written: resumed }
    }

    /// Notes whether something has ended.
    pub(super) fn note(&mut self, event: &Event) {
        let took = match event {
            Event::NodeSucceeded(end) | Event::NodeException(end) => end.elapsed,
            Event::NodeRetry { .. } | Event::RoundNext { .. } => Duration::ZERO,
            Event::RunStarted { .. }
            | Event::NodeStarted(_)
            | Event::Chunk(_)
            | Event::Reasoning { .. }
            | Event::AgentLog { .. }
            | Event::RetrieverResources { .. }
            | Event::NodeFailed(_)
            | Event::RoundsStarted(_)
            | Event::RoundsSucceeded(_)
            | Event::RoundsFailed(_)
            | Event::RunPaused(_)
            | Event::RunEnded(_) => return,
        };
        let regular = self.last + EVERY;
        let due = if took < SLOW { regular } else { regular.min(Instant::now() + SETTLES) };
        let due = due.max(self.last + self.cost * SHARE);
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.due.is_some()
    }

    /// Waits until the run is to be written down.
    pub(super) async fn until_due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due.into()).await,
            None => std::future::pending().await,
        }
    }

    /// The run as it is now, if it is time to write it down.
    pub(super) fn due(&mut self, run: &Run, turn: &Turn, told: &Told) -> Option<WorkflowCheckpoint> {
        if self.due.is_none_or(|due| Instant::now() < due) {
            return None;
        }
        self.due = None;
        self.last = Instant::now();
        let write_out = || run.checkpoint().and_then(|checkpoint| Ok(serde_json::to_string(&checkpoint)?));
        let written = if self.cost > LONG_WRITE { beside_others(write_out) } else { write_out() };
        let state = match written {
            Ok(state) => state,
            Err(error) => {
                tracing::error!(error = %error, "a run could not be written down");
                return None;
            }
        };
        self.cost = self.last.elapsed();
        if state.len() > LARGEST {
            return None;
        }
        self.written = true;
        Some(WorkflowCheckpoint {
            run_id: turn.run_id,
            tenant_id: turn.tenant,
            context: serde_json::json!(Context::of(turn, told)).to_string(),
            state,
            attempts: 0,
            updated_at: Utc::now().naive_utc(),
        })
    }
}

/// Lets other tasks of this thread go elsewhere first, where the runtime has other threads.
fn beside_others<T>(work: impl FnOnce() -> T) -> T {
    let has_others = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    if has_others { tokio::task::block_in_place(work) } else { work() }
}

/// Whose run is to go on.
#[derive(Debug, Clone, Copy)]
pub struct LostRun {
    pub tenant: TenantId,
    pub app: AppId,
    pub run: WorkflowRunId,
}
