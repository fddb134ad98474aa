//! A question that is ready to be answered.

use std::sync::Arc;

use core_model_runtime::{AiModel, ChatRequest, ModelRef};
use models::{AppId, TenantId};
use runs::Owner;
use serde_json::Value;

use crate::annotation_reply::AnnotationQuestion;
use crate::event::Envelope;

/// Everything the run needs; nothing of it is looked up again.
pub(super) struct Turn {
    pub(super) tenant: TenantId,
    pub(super) app: AppId,
    pub(super) owner: Owner,
    pub(super) envelope: Envelope,
    pub(super) streaming: bool,
    pub(super) model: ModelRef,
    pub(super) schema: Arc<AiModel>,
    pub(super) call: ChatRequest,
    /// The prompt as the message row keeps it.
    pub(super) saved_prompt: Value,
    /// `retriever_resources` of the answer.
    pub(super) citations: Vec<Value>,
    /// The question as annotations may answer it.
    pub(super) annotated: Option<AnnotationQuestion>,
    /// The question by which a new conversation is to be named.
    pub(super) name_after: Option<String>,
    /// Released when the run has ended.
    pub(super) guard: Box<dyn std::any::Any + Send + Sync>,
}
