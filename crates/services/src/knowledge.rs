//! Knowledge: what people and keys do with datasets, their documents and segments.
//!
//! Rows change here, together with the job that follows from the change ([`crate::indexing`]); the index itself is
//! changed by workers, and at once only where the contract shows the outcome in the answer (single segments and child
//! chunks). Every lookup goes by the workspace first; what an [`Actor`] may see of it is decided in [`access`].

mod access;
mod datasets;
mod documents;
mod error;
mod estimate;
mod external;
mod hit_testing;
mod metadata;
mod segments;
mod summaries;

use std::sync::Arc;

use core_app::knowledge::{ExternalKnowledge, Finder, Models, QueryNotes};
use core_rag::extract::Extractor;
use core_rag::store::Stores;
use models::db::Pool;
use models::{AccountId, Role, TenantId};
use tokio_util::task::TaskTracker;

use crate::files::Files;

pub use datasets::{
    AskedPart, AskedQuery, DatasetPatch, DatasetQueryPage, DatasetSearch, DatasetView, ExternalLink, NewDataset,
};
pub use documents::{
    AddedDocuments, DocumentAction, DocumentRules, DocumentSearch, DocumentView, IndexSettings, IndexingState,
    NewDocuments, Pause, Replaced,
};
pub use error::KnowledgeError;
pub use estimate::{EstimateOf, Estimated};
pub use external::{ExternalApiForm, ExternalApiView, NewExternalDataset};
pub use hit_testing::{Trial, TrialFound, TrialResult};
pub use metadata::{BUILT_IN, MetadataChange, MetadataFields, MetadataValue, built_in_values};
pub use segments::{ChildPatch, NewSegment, SegmentPatch, SegmentSearch, SegmentView, import_handlers};
pub use summaries::SummaryState;

/// Who acts on datasets: a member, or for dataset keys the owner of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub tenant: TenantId,
    pub account: AccountId,
    pub role: Role,
}

/// What the knowledge service is made of.
pub struct KnowledgeParts {
    pub pool: Pool,
    pub files: Files,
    /// Reads documents whose outcome is estimated.
    pub extractor: Extractor,
    /// Embedding and ranking with the workspace's models.
    pub models: Models,
    pub stores: Stores,
    pub finder: Finder,
    /// For what people name: external knowledge APIs.
    pub http: egress::Client,
    /// What is done beside answers.
    pub tasks: TaskTracker,
    pub external: ExternalKnowledge,
    /// What was asked, written beside answers.
    pub notes: QueryNotes,
    pub settings: KnowledgeSettings,
}

/// Numbers of the installation.
#[derive(Debug, Clone)]
pub struct KnowledgeSettings {
    /// Largest `max_tokens` of a process rule, in characters.
    pub max_segment_length: u32,
    /// Segments in one request; 0 = any number.
    pub max_segments_per_request: usize,
    /// Children that a preview shows.
    pub preview_children: usize,
    /// Documents in one request.
    pub batch_limit: usize,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Knowledge {
    parts: Arc<KnowledgeParts>,
}

impl Knowledge {
    pub fn new(parts: KnowledgeParts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    pub fn settings(&self) -> &KnowledgeSettings {
        &self.parts.settings
    }

    fn pool(&self) -> &Pool {
        &self.parts.pool
    }
}
