//! The text of documents.

use async_trait::async_trait;
use bytes::Bytes;
use core_rag::extract::{Document, ExtractError, Extractor};
use core_workflow::capabilities::{DocumentError, Documents};
use core_workflow::value::File;

pub(super) struct ExtractDocuments(pub(super) Extractor);

#[async_trait]
impl Documents for ExtractDocuments {
    async fn extract(&self, file: &File, bytes: Bytes) -> Result<String, DocumentError> {
        let document = Document {
            bytes,
            file_name: file.filename.clone(),
            extension: file.extension.clone(),
            mime_type: file.mime_type.clone(),
        };
        self.0.extract_text(document).await.map_err(|error| match error {
            ExtractError::UnsupportedExtension(extension) => DocumentError::Unsupported(extension),
            other @ ExtractError::UnsupportedMimeType(_)
            | other @ ExtractError::UnknownType
            | other @ ExtractError::Broken { .. }
            | other @ ExtractError::Encrypted { .. }
            | other @ ExtractError::TooLarge(_)
            | other @ ExtractError::TimedOut(_)
            | other @ ExtractError::Busy
            | other @ ExtractError::Panicked { .. } => DocumentError::Failed(other.to_string()),
        })
    }
}
