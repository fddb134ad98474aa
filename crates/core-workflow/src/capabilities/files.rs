//! Bytes of files.

use async_trait::async_trait;
use bytes::Bytes;

use crate::value::File;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(pub String);

/// A file that a node has made.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    pub mime_type: String,
    pub bytes: Bytes,
}

#[async_trait]
pub trait FileStore: Send + Sync {
    /// The bytes of a file that a run was given; at most `max` of them, or an error.
    async fn read(&self, file: &File, max: usize) -> Result<Bytes, FileError>;

    /// Keeps a file, and says how it is to be mentioned.
    async fn store(&self, file: NewFile) -> Result<File, FileError>;
}
