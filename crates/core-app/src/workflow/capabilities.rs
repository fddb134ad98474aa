//! What workflows get from outside: code, models, files, documents, what was said before, and forms for people.

mod code;
mod documents;
mod file_store;
mod history;
mod knowledge;
mod models;

use std::sync::Arc;

use ::models::{AppId, Caller, ConversationId, TenantId};
use core_rag::extract::Extractor;
use core_sandbox::Sandbox;
use core_workflow::Capabilities;
use uuid::Uuid;

pub use self::code::code_runner;
use self::documents::ExtractDocuments;
use self::file_store::StoredFiles;
use self::history::ConversationHistory;
use self::knowledge::SearchDatasets;
use self::models::WorkspaceModels;
use crate::engine::EngineParts;
use crate::workflow::forms::RunForms;

/// Parts of the outside world that only workflows need.
#[derive(Clone)]
pub struct Outside {
    /// `None` where code cannot be run.
    pub sandbox: Option<Sandbox>,
    pub extractor: Extractor,
    /// Bounds of a run.
    pub limits: core_workflow::Limits,
    /// Files of one run, at most.
    pub file_limit: usize,
}

/// For whom a run works.
#[derive(Debug, Clone)]
pub(super) struct Beneficiary {
    pub tenant: TenantId,
    pub app: AppId,
    pub caller: Caller,
    /// A name of the person for the model's provider.
    pub session: String,
    /// The conversation that was there before, and the message that is answered.
    pub conversation: Option<(ConversationId, Option<Uuid>)>,
}

/// What a run may use.
pub(super) fn capabilities(parts: &Arc<EngineParts>, whom: &Beneficiary, forms: Option<Arc<RunForms>>) -> Capabilities {
    let code = parts.outside.sandbox.clone().map(|sandbox| code_runner(Ok(sandbox)));
    let history = whom.conversation.map(|(conversation, parent)| {
        let history = ConversationHistory { parts: Arc::clone(parts), tenant: whom.tenant, conversation, parent };
        Arc::new(history) as Arc<_>
    });
    Capabilities {
        models: Some(Arc::new(WorkspaceModels { parts: Arc::clone(parts), whom: whom.clone() })),
        code,
        http: Some(parts.files.http.clone()),
        files: Some(Arc::new(StoredFiles { parts: Arc::clone(parts), whom: whom.clone() })),
        knowledge: Some(Arc::new(SearchDatasets { parts: Arc::clone(parts), whom: whom.clone() })),
        documents: Some(Arc::new(ExtractDocuments(parts.outside.extractor.clone()))),
        history,
        forms: forms.map(|forms| forms as Arc<_>),
        ..Capabilities::default()
    }
}
