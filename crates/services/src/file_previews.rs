//! The beginning of a document's text, to be looked at before the document is put into a dataset.

use core_rag::extract::{Document, Extractor};
use models::{TenantId, UploadFileId};

use crate::files::{FileError, Files};

/// Characters.
const SHOWN: usize = 3000;

/// Cheap to clone.
#[derive(Clone)]
pub struct FilePreviews {
    files: Files,
    extractor: Extractor,
}

impl FilePreviews {
    pub fn new(files: Files, extractor: Extractor) -> Self {
        Self { files, extractor }
    }

    /// The beginning of the text of one of the workspace's documents.
    ///
    /// # Errors
    /// `NotFound`; `UnsupportedType` for files that are no documents; `Unreadable` for those that cannot be read.
    pub async fn text(&self, tenant: TenantId, id: UploadFileId) -> Result<String, FileError> {
        let (file, bytes) = self.files.open(tenant, id).await?;
        if !self.files.is_document(&file.extension.to_lowercase()) {
            return Err(FileError::UnsupportedType);
        }
        let document =
            Document { bytes, file_name: Some(file.name), extension: Some(file.extension), mime_type: file.mime_type };
        let pages = self.extractor.extract_pages(document).await?;
        let mut text = String::new();
        let mut left = SHOWN;
        for (number, page) in pages.iter().enumerate() {
            let line_end = if number == 0 { "" } else { "\n" };
            for character in line_end.chars().chain(page.text.chars()).take(left) {
                text.push(character);
                left -= 1;
            }
            if left == 0 {
                break;
            }
        }
        Ok(text)
    }
}
