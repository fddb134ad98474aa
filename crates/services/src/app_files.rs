//! Apps as files: exporting, importing, and what an imported app lacks.
//!
//! An import is written in one transaction or not at all. One of a file from another release waits ten minutes for
//! its confirmation, by the workspace that asked; what an imported app depends on is remembered as long. What is wrong
//! with a file is no error of this module but an [`Import`] that says so.

mod apply;
mod confirm;
mod error;
mod export;
mod source;

use std::time::Duration;

use core_workflow::dsl::{CURRENT_VERSION, ImportStatus};
use models::db::Pool;
use models::{AppId, AppMode};
use sessions::{KeptKind, Sessions};

use crate::apps::Apps;
use crate::providers::Providers;
use crate::secrets::TenantKeys;

pub use apply::ImportRequest;
pub use error::AppFileError;
pub use export::ExportRequest;
pub use source::Source;

/// How long an import waits to be confirmed, and how long it is known what an app depends on.
const KEPT_FOR: Duration = Duration::from_secs(600);
const PENDING: KeptKind = KeptKind("app_import_info");
const DEPENDENCIES: KeptKind = KeptKind("app_check_dependencies");

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Names the import, for confirming it.
    pub id: String,
    pub status: ImportStatus,
    /// The one that was made, or that is to be overwritten.
    pub app: Option<AppId>,
    pub app_mode: Option<AppMode>,
    pub current_version: &'static str,
    /// Of the file; empty if it could not be read.
    pub imported_version: String,
    /// Empty unless it failed.
    pub error: String,
}

impl Import {
    fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            status: ImportStatus::Completed,
            app: None,
            app_mode: None,
            current_version: CURRENT_VERSION,
            imported_version: String::new(),
            error: String::new(),
        }
    }

    fn failed(self, error: impl ToString) -> Self {
        Self { status: ImportStatus::Failed, error: error.to_string(), ..self }
    }
}

/// What this needs of others.
pub struct AppFilesParts {
    pub pool: Pool,
    pub apps: Apps,
    pub providers: Providers,
    pub keys: TenantKeys,
    pub sessions: Sessions,
    pub http: egress::Client,
    /// Whether files name datasets so that only their own workspace can read it.
    pub hide_dataset_ids: bool,
    /// Largest value of a variable, in bytes.
    pub max_variable_bytes: usize,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct AppFiles {
    pool: Pool,
    apps: Apps,
    providers: Providers,
    keys: TenantKeys,
    sessions: Sessions,
    http: egress::Client,
    hide_dataset_ids: bool,
    max_variable_bytes: usize,
}

impl AppFiles {
    pub fn new(parts: AppFilesParts) -> Self {
        let AppFilesParts { pool, apps, providers, keys, sessions, http, hide_dataset_ids, max_variable_bytes } = parts;
        Self { pool, apps, providers, keys, sessions, http, hide_dataset_ids, max_variable_bytes }
    }
}
