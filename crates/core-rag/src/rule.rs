//! How a document is cleaned and split: what people set, checked, and what rows say.

mod default;
mod request;
mod stored;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// Pre-processing that collapses runs of spaces and of blank lines.
pub const REMOVE_EXTRA_SPACES: &str = "remove_extra_spaces";
/// Pre-processing that deletes addresses of the web and of mail.
pub const REMOVE_URLS_EMAILS: &str = "remove_urls_emails";
/// Accepted, without effect.
pub const REMOVE_STOPWORDS: &str = "remove_stopwords";

const DEFAULT_SEPARATOR: &str = "\n";

/// Who decides how a text is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The built-in rules.
    Automatic,
    /// A separator and sizes that a person gave.
    Custom,
    /// Parents, and children inside them that are searched.
    Hierarchical,
}

impl Mode {
    /// As rows and requests have it; `None` for any other word.
    pub fn from_wire(mode: &str) -> Option<Self> {
        match mode {
            "automatic" => Some(Self::Automatic),
            "custom" => Some(Self::Custom),
            "hierarchical" => Some(Self::Hierarchical),
            _ => None,
        }
    }

    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Custom => "custom",
            Self::Hierarchical => "hierarchical",
        }
    }
}

/// What a parent of a hierarchical document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParentMode {
    /// The whole document.
    FullDoc,
    /// A piece of it, by `segmentation`.
    Paragraph,
}

/// One optional step of cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreProcessing {
    pub id: String,
    pub enabled: bool,
}

/// Where a text is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segmentation {
    /// `\n`, `\t` and `\uXXXX` written out mean those characters.
    #[serde(default = "default_separator")]
    pub separator: String,
    /// Longest piece, in characters (Unicode scalars) despite its name. Missing only where nothing is cut by it: parents
    /// that are whole documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// Characters that a piece repeats from the one before.
    #[serde(default)]
    pub chunk_overlap: usize,
}

impl Default for Segmentation {
    fn default() -> Self {
        Self { separator: default_separator(), max_tokens: None, chunk_overlap: 0 }
    }
}

fn default_separator() -> String {
    DEFAULT_SEPARATOR.to_owned()
}

/// The rules of mode `custom` or `hierarchical`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rules {
    #[serde(default)]
    pub pre_processing_rules: Vec<PreProcessing>,
    #[serde(default)]
    pub segmentation: Segmentation,
    /// `None` means paragraphs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_mode: Option<ParentMode>,
    /// How parents are cut into children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subchunk_segmentation: Option<Segmentation>,
}

impl Rules {
    /// Whether a step of cleaning is on.
    pub fn enables(&self, id: &str) -> bool {
        self.pre_processing_rules.iter().any(|rule| rule.id == id && rule.enabled)
    }
}

/// A process rule, as documents have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRule {
    pub mode: Mode,
    /// `None` in mode `automatic`, which has its own.
    pub rules: Option<Rules>,
}

impl ProcessRule {
    /// The rules that are followed, also those of mode `automatic`.
    pub fn effective(&self) -> Rules {
        match (self.mode, &self.rules) {
            (Mode::Automatic, _) | (_, None) => default::automatic_rules(),
            (Mode::Custom | Mode::Hierarchical, Some(rules)) => rules.clone(),
        }
    }

    /// Whether the parent is the whole document.
    pub fn is_full_doc(&self) -> bool {
        let parent_mode = self.rules.as_ref().and_then(|rules| rules.parent_mode);
        self.mode == Mode::Hierarchical && parent_mode == Some(ParentMode::FullDoc)
    }
}

/// Why a process rule is not accepted, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A part that has to be there is not. Its path, in the words of the request.
    #[error("Process rule {0} is required")]
    Missing(&'static str),
    /// A part is of another type, or empty.
    #[error("Process rule {0} is invalid")]
    Invalid(&'static str),
    #[error("Process rule mode `{0}` is unknown: it must be automatic, custom or hierarchical")]
    UnknownMode(String),
    #[error("Process rule pre_processing_rules id `{0}` is unknown")]
    UnknownPreProcessing(String),
    /// A row of the database that is no process rule.
    #[error("The stored process rule cannot be read: {0}")]
    Stored(String),
}
