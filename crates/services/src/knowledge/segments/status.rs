//! Switching segments on and off.

use chrono::Utc;
use models::db::AsyncConnection;
use models::segment::{Segment, SegmentChanges};
use models::{DatasetId, DocumentId, IndexingStatus, SegmentId};

use crate::indexing::{self, segment_key};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// Segments that are as they are to be are left out; of a document that is not available, all are.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, or `InvalidAction` while one of them is being indexed.
    pub async fn enable_segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        ids: &[SegmentId],
        enabled: bool,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, document).await?;
        let available = document.enabled && !document.archived && document.indexing_status == IndexingStatus::Completed;
        if !available {
            return Ok(());
        }
        conn.transaction(async |conn| {
            let keys: Vec<String> = ids.iter().map(|id| segment_key(*id)).collect();
            if !models::job::taken_keys(conn, &keys).await?.is_empty() {
                return Err(KnowledgeError::InvalidAction(
                    "Segment is being indexed, please try again later".to_owned(),
                ));
            }
            let found = Segment::find_all(conn, actor.tenant, document.id, ids).await?;
            let moved: Vec<SegmentId> =
                found.iter().filter(|segment| segment.enabled != enabled).map(|segment| segment.id).collect();
            let now = Utc::now().naive_utc();
            let changes = SegmentChanges {
                enabled: Some(enabled),
                disabled_at: Some((!enabled).then_some(now)),
                disabled_by: Some((!enabled).then_some(actor.account.0)),
                updated_at: Some(now),
                ..SegmentChanges::default()
            };
            Segment::change_all(conn, actor.tenant, document.id, &moved, &changes).await?;
            Ok(indexing::sync_segments(conn, actor.tenant, dataset.id, document.id, &moved).await?)
        })
        .await
    }
}
