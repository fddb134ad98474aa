//! How a chat or completion app is configured.
//!
//! A [`ConfigDocument`] is the object that the Console sends and shows; a row of `app_model_configs` holds it with one
//! JSON text per key. Stored objects are passed on as they are. [`AppConfig`] is the typed view that the engine works
//! with, read from a document; reading is lenient, because rows may come from older releases. [`validate`] is strict
//! and decides what may be saved.

mod document;
mod features;
mod file_upload;
mod model;
mod prompt;
mod validate;
mod variables;

pub use document::ConfigDocument;
pub use features::{Features, Toggle};
pub use file_upload::FileUpload;
pub use model::ModelChoice;
pub use prompt::{AdvancedPrompt, HistoryPrefixes, PromptConfig, TemplateMessage};
pub use validate::{Catalogue, ConfigError, KnownModel, validate, validate_features};
pub use variables::{Variable, VariableKind};

use models::AppMode;

/// The configuration as the engine uses it.
#[derive(Debug, Clone)]
pub struct AppConfig {
    pub mode: AppMode,
    pub model: Option<ModelChoice>,
    pub variables: Vec<Variable>,
    pub prompt: PromptConfig,
    pub features: Features,
    pub file_upload: Option<FileUpload>,
    /// The document it was read from.
    pub document: ConfigDocument,
}

impl AppConfig {
    /// Reads a document; what cannot be understood counts as not configured.
    pub fn read(mode: AppMode, document: ConfigDocument) -> Self {
        Self {
            mode,
            model: ModelChoice::read(&document),
            variables: Variable::read_all(&document),
            prompt: PromptConfig::read(&document),
            features: Features::read(&document),
            file_upload: FileUpload::read(&document),
            document,
        }
    }
}
