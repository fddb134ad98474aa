//! Another attempt for documents that could not be indexed.

use models::db::AsyncConnection;
use models::document::Document;
use models::{DatasetId, DocumentId, IndexingStatus, document_progress, segment_index};

use crate::indexing;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// Documents that are not there, archived or done are left out.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `Invalid` where one of them was asked to be retried a moment ago.
    pub async fn retry(&self, actor: &Actor, dataset: DatasetId, ids: &[DocumentId]) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            let documents = Document::find_all(conn, actor.tenant, dataset.id, ids).await?;
            let open = documents.iter().filter(|d| !d.archived && d.indexing_status != IndexingStatus::Completed);
            let (waiting, retried): (Vec<&Document>, Vec<&Document>) =
                open.partition(|document| document.indexing_status == IndexingStatus::Waiting);
            if retried.is_empty() && !waiting.is_empty() {
                return Err(KnowledgeError::invalid("Document is being retried, please try again later"));
            }
            let retried: Vec<DocumentId> = retried.into_iter().map(|document| document.id).collect();
            document_progress::begin_again(conn, actor.tenant, &retried, None).await?;
            segment_index::outdated(conn, actor.tenant, &retried).await?;
            Ok(indexing::index(conn, actor.tenant, &retried).await?)
        })
        .await
    }
}
