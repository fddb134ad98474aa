//! What nodes need from outside. The engine knows only these traits; whoever runs a workflow brings the parts it has,
//! and nodes that need another one fail with a text that says so.

mod agents;
mod code;
mod datasources;
mod documents;
mod files;
mod forms;
mod history;
mod indexing;
mod knowledge;
mod models;
mod tools;

use std::fmt;
use std::sync::Arc;

pub use self::agents::{AgentCall, AgentError, AgentStream, Agents};
pub use self::code::{CodeCall, CodeError, CodeLanguage, CodeRunner};
pub use self::datasources::{DatasourceCall, DatasourceError, DatasourceStream, Datasources};
pub use self::documents::{DocumentError, Documents};
pub use self::files::{FileError, FileStore, NewFile};
pub use self::forms::{FileRules, FormAction, FormError, FormInput, FormState, HumanForms, NewForm};
pub use self::history::{History, Turn};
pub use self::indexing::{IndexedDocument, Indexing, KnowledgeIndex};
pub use self::knowledge::{Knowledge, KnowledgeError, Retrieval, Retrieved};
pub use self::models::{
    ContentPart, FinishReason, Message, ModelCall, ModelDelta, ModelError, ModelStream, ModelTraits, Models, Role,
    ToolCall, ToolSpec,
};
pub use self::tools::{ToolCallRequest, ToolError, ToolMessage, ToolStream, Tools};

/// The parts of the outside world that a run may use.
#[derive(Clone, Default)]
pub struct Capabilities {
    pub models: Option<Arc<dyn Models>>,
    pub code: Option<Arc<dyn CodeRunner>>,
    /// For HTTP nodes: refuses private addresses.
    pub http: Option<egress::Client>,
    pub knowledge: Option<Arc<dyn Knowledge>>,
    pub tools: Option<Arc<dyn Tools>>,
    pub agents: Option<Arc<dyn Agents>>,
    pub files: Option<Arc<dyn FileStore>>,
    pub documents: Option<Arc<dyn Documents>>,
    /// Earlier turns of the conversation.
    pub history: Option<Arc<dyn History>>,
    /// Forms for people.
    pub forms: Option<Arc<dyn HumanForms>>,
    /// Of pipelines.
    pub datasources: Option<Arc<dyn Datasources>>,
    pub index: Option<Arc<dyn KnowledgeIndex>>,
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capabilities")
            .field("models", &self.models.is_some())
            .field("code", &self.code.is_some())
            .field("http", &self.http.is_some())
            .field("knowledge", &self.knowledge.is_some())
            .field("tools", &self.tools.is_some())
            .field("agents", &self.agents.is_some())
            .field("files", &self.files.is_some())
            .field("documents", &self.documents.is_some())
            .field("history", &self.history.is_some())
            .field("forms", &self.forms.is_some())
            .field("datasources", &self.datasources.is_some())
            .field("index", &self.index.is_some())
            .finish()
    }
}
