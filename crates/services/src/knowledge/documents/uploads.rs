//! Uploads that are to become documents.

use models::UploadFileId;
use models::upload_file::UploadFile;

use crate::knowledge::{Actor, Knowledge, KnowledgeError};

impl Knowledge {
    /// Uploads of the workspace, in this order; one that is named twice comes once.
    ///
    /// # Errors
    /// `Invalid` where there are none, too many, or one that cannot be indexed; `NotFound`.
    pub async fn uploads(&self, actor: &Actor, ids: &[UploadFileId]) -> Result<Vec<UploadFile>, KnowledgeError> {
        let mut order: Vec<UploadFileId> = Vec::new();
        let most = self.settings().batch_limit;
        for id in ids {
            if !order.contains(id) {
                order.push(*id);
            }
            if order.len() > most {
                return Err(KnowledgeError::invalid(format!("At most {most} files may be given at once.")));
            }
        }
        if order.is_empty() {
            return Err(KnowledgeError::invalid("No files were given."));
        }
        let mut files = {
            let mut conn = self.pool().get().await?;
            UploadFile::find_all(&mut conn, actor.tenant, &order).await?
        };
        if files.len() < order.len() {
            return Err(KnowledgeError::NotFound("File not found."));
        }
        files.sort_by_key(|file| order.iter().position(|id| *id == file.id));
        match files.iter().find(|file| !self.parts.files.is_document(&file.extension.to_lowercase())) {
            Some(other) => {
                Err(KnowledgeError::invalid(format!("{}: files of this type cannot be indexed.", other.name)))
            }
            None => Ok(files),
        }
    }
}
