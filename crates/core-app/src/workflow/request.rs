//! One run that is asked for.

use std::sync::Arc;

use models::workflow_run::RunOrigin;
use models::{AppId, AppMode, Caller, ConversationId, InvokeFrom, TenantId};
use runs::Owner;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::WorkflowVersion;

/// Who asks, as the end of a run names that person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Person {
    /// By the name that the caller gave.
    EndUser(String),
    Account {
        name: String,
        email: String,
    },
}

pub struct WorkflowRequest {
    pub app: AppId,
    pub tenant: TenantId,
    /// `workflow` or `advanced-chat`.
    pub mode: AppMode,
    pub version: Arc<WorkflowVersion>,
    pub caller: Caller,
    /// `sys.user_id`
    pub session: String,
    pub person: Person,
    pub invoke_from: InvokeFrom,
    pub origin: RunOrigin,
    pub inputs: Map<String, Value>,
    /// Conversations only, like the next three.
    pub query: String,
    pub conversation: Option<ConversationId>,
    pub parent_message: Option<Uuid>,
    /// Whether a new conversation is named by a model.
    pub auto_name: bool,
    /// Whether the question is compared with those of the app's annotations first.
    pub annotated: bool,
    /// A node that is tried alone: its inputs are variables, not the form's values.
    pub tried: bool,
    /// File objects as they came.
    pub files: Vec<Map<String, Value>>,
    pub streaming: bool,
    /// Held until the run has ended: leases of limiters.
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

impl WorkflowRequest {
    /// Whether it is open if the workflow is run at all.
    pub(super) fn is_undecided(&self) -> bool {
        let is_moderated = || self.version.config.moderation.as_ref().is_some_and(|rules| rules.inputs.is_some());
        self.annotated || (self.mode == AppMode::AdvancedChat && !self.tried && is_moderated())
    }

    pub(super) fn owner(&self) -> Owner {
        match self.caller {
            Caller::EndUser(id) => Owner::EndUser(id.0),
            Caller::Account(id) => Owner::Account(id.0),
        }
    }
}
