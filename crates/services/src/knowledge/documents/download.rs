//! Taking the files of documents home.

use std::collections::HashMap;

use models::document::Document;
use models::upload_file::UploadFile;
use models::{DataSourceType, DatasetId, DocumentId, UploadFileId};

use crate::files::archive::{ArchiveStream, Archived};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// Documents in one archive.
const MOST: usize = 100;

impl Knowledge {
    /// A link that saves the file of a document, for a while.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, or `NotFound` where there is no file.
    pub async fn download_url(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
    ) -> Result<String, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document) = access::document(&mut conn, actor, dataset, id).await?;
        let upload = upload_of(&document)?;
        let found = UploadFile::find_all(&mut conn, actor.tenant, &[upload]).await?;
        let file = found.first().ok_or(NO_FILE)?;
        Ok(self.parts.files.attachment_url(file.id))
    }

    /// The files of documents as one archive, read while it is sent.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `Invalid` for none or too many, `NoSuchDocument` where one is not there, or
    /// `NotFound` where one has no file.
    pub async fn download_archive(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        ids: &[DocumentId],
    ) -> Result<ArchiveStream, KnowledgeError> {
        if ids.is_empty() || ids.len() > MOST {
            return Err(KnowledgeError::invalid(format!("document_ids: between 1 and {MOST} documents may be named")));
        }
        let mut wanted = ids.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let (documents, files) = {
            let mut conn = self.pool().get().await?;
            let dataset = access::dataset(&mut conn, actor, dataset).await?;
            let documents = Document::find_all(&mut conn, actor.tenant, dataset.id, &wanted).await?;
            if documents.len() < wanted.len() {
                return Err(KnowledgeError::NoSuchDocument);
            }
            let uploads = documents.iter().map(upload_of).collect::<Result<Vec<_>, _>>()?;
            (documents, UploadFile::find_all(&mut conn, actor.tenant, &uploads).await?)
        };
        let files: HashMap<UploadFileId, UploadFile> = files.into_iter().map(|file| (file.id, file)).collect();
        let mut archived = Vec::with_capacity(documents.len());
        for document in documents {
            let file = files.get(&upload_of(&document)?).ok_or(NO_FILE)?;
            archived.push(Archived { name: document.name, file: file.clone() });
        }
        Ok(self.parts.files.archive(archived, &self.parts.tasks).await?)
    }
}

const NO_FILE: KnowledgeError = KnowledgeError::NotFound("The document has no file.");

fn upload_of(document: &Document) -> Result<UploadFileId, KnowledgeError> {
    let is_upload = document.data_source_type == DataSourceType::UploadFile;
    document.upload().filter(|_| is_upload).ok_or(NO_FILE)
}
