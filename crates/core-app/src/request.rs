//! One question to an app.

use std::sync::Arc;

use models::{AppId, AppMode, AppModelConfigId, Caller, ConversationId, InvokeFrom, TenantId};
use runs::Owner;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app_config::AppConfig;

/// An app as it is at the moment of the question.
#[derive(Debug, Clone)]
pub struct AppSnapshot {
    pub id: AppId,
    pub tenant: TenantId,
    pub mode: AppMode,
    pub config: Arc<AppConfig>,
    /// The saved configuration; `None` for one that came with the request.
    pub config_id: Option<AppModelConfigId>,
}

pub struct Request {
    pub app: AppSnapshot,
    /// The configuration of a debugger's request, to be stored with conversation and message.
    pub override_config: Option<String>,
    pub caller: Caller,
    /// An opaque name of the person for the model's provider.
    pub session: String,
    pub invoke_from: InvokeFrom,
    pub inputs: Map<String, Value>,
    pub query: String,
    /// File objects as they came.
    pub files: Vec<Map<String, Value>>,
    pub conversation: Option<ConversationId>,
    /// The message that this one follows; `None` at the root of a conversation's tree.
    pub parent_message: Option<Uuid>,
    /// Whether a new conversation is named by a model.
    pub auto_name: bool,
    pub streaming: bool,
    /// Held until the run has ended: leases of limiters.
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

impl Request {
    pub(crate) fn owner(&self) -> Owner {
        match self.caller {
            Caller::EndUser(id) => Owner::EndUser(id.0),
            Caller::Account(id) => Owner::Account(id.0),
        }
    }
}
