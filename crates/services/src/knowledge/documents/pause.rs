//! Halting a document's way to the index, and letting it go on.

use chrono::Utc;
use models::db::AsyncConnection;
use models::document::{Document, DocumentChanges};
use models::{DatasetId, DocumentId, IndexingStatus};

use crate::indexing;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// What is to become of a document's way to the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    Halt,
    GoOn,
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, `Archived`, or `InvalidAction` where it is not on its way or
    /// not paused.
    pub async fn pause(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
        pause: Pause,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document) = access::document(&mut conn, actor, dataset, id).await?;
        if document.archived {
            return Err(KnowledgeError::Archived);
        }
        let paused = document.is_paused == Some(true);
        let under_way = document.indexing_status == IndexingStatus::Waiting
            || IndexingStatus::UNDER_WAY.contains(&document.indexing_status);
        let changes = match pause {
            Pause::Halt if !under_way => return Err(KnowledgeError::NotUnderWay),
            Pause::Halt => DocumentChanges {
                is_paused: Some(true),
                paused_by: Some(Some(actor.account.0)),
                paused_at: Some(Some(Utc::now().naive_utc())),
                ..DocumentChanges::default()
            },
            Pause::GoOn if !paused => return Err(KnowledgeError::NotUnderWay),
            Pause::GoOn => DocumentChanges {
                is_paused: Some(false),
                paused_by: Some(None),
                paused_at: Some(None),
                ..DocumentChanges::default()
            },
        };
        conn.transaction(async |conn| {
            Document::change_all(conn, actor.tenant, dataset, &[id], &changes).await?;
            if pause == Pause::GoOn {
                indexing::index(conn, actor.tenant, &[id]).await?;
            }
            Ok(())
        })
        .await
    }
}
