//! The text of documents.

use async_trait::async_trait;
use bytes::Bytes;

use crate::value::File;

/// Why a document has no text; the text is for the person who gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(pub String);

#[async_trait]
pub trait Documents: Send + Sync {
    async fn extract(&self, file: &File, bytes: Bytes) -> Result<String, DocumentError>;
}
