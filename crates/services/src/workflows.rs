//! Building workflows: the draft of an app, its versions, and which of them is published.
//!
//! A graph is text here: it is checked and hashed, and stored as the client wrote it, its numbers included. A draft is
//! saved under a lock of its app, so that of two editors with the same hash one is told of the other. Values of secret
//! variables are encrypted with the workspace's key before they are stored, and nobody is shown them again.

mod draft;
mod error;
mod hash;
mod publish;
mod variables;
mod versions;
mod view;

use std::sync::Arc;

use models::AppMode;
use models::db::Pool;

use crate::apps::AppChanges;
use crate::providers::Providers;
use crate::secrets::TenantKeys;

pub use draft::{DraftRequest, SavedDraft};
pub use error::WorkflowError;
pub use publish::{PublishRequest, Published};
pub use variables::Definition;
pub use versions::{VersionUpdate, VersionsRequest};
pub use view::WorkflowView;

pub(crate) use draft::{CheckedDraft, Environment, check_parts, first_draft, lock_draft, put};
pub(crate) use hash::for_text;
pub(crate) use variables::{entries, prepare_environment, readable_entries, store_conversation, stored_map};

/// Modes of apps that are workflows.
pub const WORKFLOW_MODES: [AppMode; 2] = [AppMode::Workflow, AppMode::AdvancedChat];

/// Workflows of the installation; cheap to clone.
#[derive(Clone)]
pub struct Workflows {
    pool: Pool,
    keys: TenantKeys,
    providers: Providers,
    watch: Arc<dyn AppChanges>,
    /// Largest value of a variable.
    max_variable_bytes: usize,
}

impl Workflows {
    pub fn new(
        pool: Pool,
        keys: TenantKeys,
        providers: Providers,
        watch: Arc<dyn AppChanges>,
        max_variable_bytes: usize,
    ) -> Self {
        Self { pool, keys, providers, watch, max_variable_bytes }
    }
}
