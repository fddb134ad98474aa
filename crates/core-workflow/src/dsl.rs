//! Workflow files: an app as YAML that can be carried from one installation to another.
//!
//! A file is read into a [`Tree`], whose objects keep their order and whose numbers keep their form, so that a graph
//! goes in and out unchanged. [`AppFile::read`] decides what an import answers; [`AppFile::contents`] is what it writes;
//! [`export`] is the way back. Everything here is bounded: size, depth, and what aliases expand to.

mod app_file;
mod dataset_ids;
mod dependencies;
mod export;
mod graph;
mod json;
mod python_json;
mod scalar;
mod tree;
mod version;
mod yaml_read;
mod yaml_write;

pub use app_file::{AppFile, AppHead, Contents, ImportStatus, Refusal, WorkflowPart};
pub use dataset_ids::{decrypt_dataset_id, encrypt_dataset_id};
pub use dependencies::Dependency;
pub use export::{ExportApp, ExportBody, ExportOptions, ExportWorkflow, export};
pub use graph::{GraphError, check_graph, dataset_uses, holds_trigger, model_uses, replace_dataset_ids};
pub use tree::{ReadError, Tree};
pub use version::Version;

/// The version that exports carry and imports are compared with.
pub const CURRENT_VERSION: &str = "0.5.0";

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Deepest nesting of a file or graph; what reads graphs elsewhere gives up at 128.
const MAX_DEPTH: usize = 100;

/// Most values in one file or graph, with aliases written out.
const MAX_VALUES: usize = 500_000;

/// Most bytes of text, with aliases written out.
const MAX_TEXT: usize = 4 * MAX_BYTES;
