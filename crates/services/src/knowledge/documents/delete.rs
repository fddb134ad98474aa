//! Removing documents: the rows at once, everything under them by a job.

use models::db::AsyncConnection;
use models::document::Document;
use models::{DataSourceType, DatasetId, DocumentId, IndexingStatus, UploadFileId};

use crate::indexing;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, `Archived`, or `Indexing` while it is on its way into the index.
    pub async fn delete_document(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, id).await?;
        if document.archived {
            return Err(KnowledgeError::Archived);
        }
        remove(&mut conn, actor, dataset.id, &[id]).await
    }

    /// Removes several; those that are not there are left out.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `Indexing`: then none is removed.
    pub async fn delete_documents(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        ids: &[DocumentId],
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        remove(&mut conn, actor, dataset.id, ids).await
    }
}

async fn remove(
    conn: &mut models::db::Conn,
    actor: &Actor,
    dataset: DatasetId,
    ids: &[DocumentId],
) -> Result<(), KnowledgeError> {
    conn.transaction(async |conn| {
        let documents = Document::find_all(conn, actor.tenant, dataset, ids).await?;
        if documents.iter().any(is_under_way) {
            return Err(KnowledgeError::Indexing);
        }
        let found: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
        if found.is_empty() {
            return Ok(());
        }
        let uploads = documents.iter().filter(|d| d.data_source_type == DataSourceType::UploadFile);
        let files: Vec<UploadFileId> = uploads.filter_map(Document::upload).collect();
        Document::delete_all(conn, actor.tenant, dataset, &found).await?;
        Ok(indexing::clean_documents(conn, actor.tenant, dataset, found, files).await?)
    })
    .await
}

/// Between the first step and the last, and not paused.
pub(super) fn is_under_way(document: &Document) -> bool {
    IndexingStatus::UNDER_WAY.contains(&document.indexing_status) && document.is_paused != Some(true)
}
