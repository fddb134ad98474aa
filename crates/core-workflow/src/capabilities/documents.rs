//! The text of documents.

use async_trait::async_trait;
use bytes::Bytes;

use crate::value::File;

/// Why a document has no text; the texts are for the person who gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// No format that can be read; its extension, or its type when it has none.
    #[error("Unsupported Extension Type: {0}")]
    Unsupported(String),
    #[error("{0}")]
    Failed(String),
}

#[async_trait]
pub trait Documents: Send + Sync {
    async fn extract(&self, file: &File, bytes: Bytes) -> Result<String, DocumentError>;
}
