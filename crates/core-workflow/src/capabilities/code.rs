//! Running code of unknown people.

use async_trait::async_trait;
use serde_json::{Map as JsonMap, Value as Json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeLanguage {
    Python3,
    JavaScript,
}

/// A call of a script's function `main`.
#[derive(Debug, Clone)]
pub struct CodeCall {
    pub language: CodeLanguage,
    pub code: String,
    /// Python's keyword arguments; JavaScript's one object.
    pub arguments: JsonMap<String, Json>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The script's own fault, or that it wanted too much; the text is for its author.
    #[error("{0}")]
    Failed(String),
    /// Not the script's fault.
    #[error("code cannot be run: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait CodeRunner: Send + Sync {
    /// What `main` returned.
    async fn call_main(&self, call: CodeCall) -> Result<Json, CodeError>;
}
