//! Other names for documents.

use chrono::Utc;
use models::db::AsyncConnection;
use models::document::{Document, DocumentChanges};
use models::upload_file::UploadFile;
use models::{DatasetId, DocumentId};

use super::DocumentView;
use crate::files::seen;
use crate::knowledge::metadata::note_built_in;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// Characters that are not seen are taken out of the name.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, or `Invalid` where nothing of the name is seen.
    pub async fn rename(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
        name: &str,
    ) -> Result<DocumentView, KnowledgeError> {
        let name = seen(name).ok_or_else(|| KnowledgeError::invalid("The name of the document is empty."))?;
        let name = name.as_str();
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, id).await?;
        let changes = DocumentChanges {
            name: Some(name.to_owned()),
            updated_at: Some(Utc::now().naive_utc()),
            ..DocumentChanges::default()
        };
        conn.transaction(async |conn| {
            Document::change_all(conn, actor.tenant, dataset.id, &[id], &changes).await?;
            note_built_in(conn, &dataset, &[id]).await?;
            if let Some(upload) = document.upload() {
                UploadFile::rename(conn, actor.tenant, upload, name).await?;
            }
            Ok::<_, KnowledgeError>(())
        })
        .await?;
        let documents = Document::find_all(&mut conn, actor.tenant, dataset.id, &[id]).await?;
        let view = self.document_views(&mut conn, actor, &dataset, documents).await?.pop();
        view.ok_or(KnowledgeError::NoSuchDocument)
    }
}
