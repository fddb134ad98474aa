//! How a chat or completion app is configured.
//!
//! A [`ConfigDocument`] is the object that the Console sends and shows; a row of `app_model_configs` holds it with one
//! JSON text per key. Stored objects are passed on as they are. [`AppConfig`] is the typed view that the engine works
//! with, read from a document; reading is lenient, because rows may come from older releases. [`validate`] is strict
//! and decides what may be saved.

mod document;
mod external_data;
mod features;
mod file_upload;
mod model;
mod moderation;
mod prompt;
mod validate;
mod variables;

pub use document::ConfigDocument;
pub use external_data::ExternalDataTool;
pub use features::{Features, Toggle};
pub use file_upload::FileUpload;
pub use model::ModelChoice;
pub use moderation::{Keywords, Moderation, ModerationCheck};
pub use prompt::{AdvancedPrompt, HistoryPrefixes, PromptConfig, TemplateMessage};
pub use validate::{Catalogue, ConfigError, KnownModel, validate, validate_features};
pub use variables::{Variable, VariableKind};

use models::AppMode;
use uuid::Uuid;

/// The configuration as the engine uses it.
#[derive(Debug, Clone)]
pub struct AppConfig {
    pub mode: AppMode,
    pub model: Option<ModelChoice>,
    pub variables: Vec<Variable>,
    pub prompt: PromptConfig,
    pub features: Features,
    pub file_upload: Option<FileUpload>,
    /// What is done about objectionable words.
    pub moderation: Option<Moderation>,
    /// Variables that somebody else's API fills in.
    pub external_data: Vec<ExternalDataTool>,
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
            moderation: Moderation::read(&document),
            external_data: ExternalDataTool::read_all(&document),
            document,
        }
    }

    /// The extensions of its workspace that it asks.
    pub fn extensions(&self) -> Vec<Uuid> {
        let moderates = self.moderation.as_ref().and_then(|moderation| match moderation.check {
            ModerationCheck::Api(id) => id,
            ModerationCheck::Keywords(_) | ModerationCheck::OpenAi | ModerationCheck::Unknown(_) => None,
        });
        moderates.into_iter().chain(self.external_data.iter().filter_map(|tool| tool.extension)).collect()
    }
}
