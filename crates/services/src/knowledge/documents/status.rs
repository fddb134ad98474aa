//! Switching documents on and off, and putting them into the archive.

use chrono::Utc;
use models::db::AsyncConnection;
use models::document::{Document, DocumentChanges};
use models::{DatasetId, DocumentId, IndexingStatus};

use super::delete::is_under_way;
use crate::indexing::{self, document_key};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// What is done to documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentAction {
    Enable,
    Disable,
    Archive,
    UnArchive,
}

impl DocumentAction {
    /// As paths name it.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "enable" => Self::Enable,
            "disable" => Self::Disable,
            "archive" => Self::Archive,
            "un_archive" => Self::UnArchive,
            _ => return None,
        })
    }
}

impl Knowledge {
    /// Documents that are not there, or are as they are to be, are left out. One that does not allow it fails all.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `InvalidAction`.
    pub async fn act_on_documents(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        ids: &[DocumentId],
        action: DocumentAction,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            let documents = Document::find_all(conn, actor.tenant, dataset.id, ids).await?;
            let keys: Vec<String> = documents.iter().map(|document| document_key(document.id)).collect();
            let busy = models::job::taken_keys(conn, &keys).await?;
            let mut changed = Vec::new();
            let mut moved = Vec::new();
            for document in &documents {
                if busy.contains(&document_key(document.id)) || is_under_way(document) {
                    let name = &document.name;
                    let text = format!("Document:{name} is being indexed, please try again later");
                    return Err(KnowledgeError::InvalidAction(text));
                }
                let Some(effect) = effect(document, action)? else { continue };
                changed.push(document.id);
                if effect == Effect::Index {
                    moved.push(document.id);
                }
            }
            let changes = changes(actor, action);
            Document::change_all(conn, actor.tenant, dataset.id, &changed, &changes).await?;
            Ok(indexing::sync_documents(conn, actor.tenant, dataset.id, &moved).await?)
        })
        .await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    RowOnly,
    /// The index follows.
    Index,
}

/// What the action means for a document; `None`: nothing.
fn effect(document: &Document, action: DocumentAction) -> Result<Option<Effect>, KnowledgeError> {
    let completed = document.indexing_status == IndexingStatus::Completed;
    Ok(match action {
        DocumentAction::Enable if document.enabled => None,
        DocumentAction::Enable if document.archived || !completed => Some(Effect::RowOnly),
        DocumentAction::Enable => Some(Effect::Index),
        DocumentAction::Disable if !completed => {
            let text = format!("Document: {} is not completed.", document.name);
            return Err(KnowledgeError::InvalidAction(text));
        }
        DocumentAction::Disable if !document.enabled => None,
        DocumentAction::Disable if document.archived => Some(Effect::RowOnly),
        DocumentAction::Disable => Some(Effect::Index),
        DocumentAction::Archive if document.archived => None,
        DocumentAction::UnArchive if !document.archived => None,
        DocumentAction::Archive | DocumentAction::UnArchive if document.enabled && completed => Some(Effect::Index),
        DocumentAction::Archive | DocumentAction::UnArchive => Some(Effect::RowOnly),
    })
}

fn changes(actor: &Actor, action: DocumentAction) -> DocumentChanges {
    let now = Utc::now().naive_utc();
    let (by, at) = (actor.account.0, now);
    let base = DocumentChanges { updated_at: Some(now), ..DocumentChanges::default() };
    match action {
        DocumentAction::Enable => {
            DocumentChanges { enabled: Some(true), disabled_at: Some(None), disabled_by: Some(None), ..base }
        }
        DocumentAction::Disable => {
            DocumentChanges { enabled: Some(false), disabled_at: Some(Some(at)), disabled_by: Some(Some(by)), ..base }
        }
        DocumentAction::Archive => {
            DocumentChanges { archived: Some(true), archived_at: Some(Some(at)), archived_by: Some(Some(by)), ..base }
        }
        DocumentAction::UnArchive => {
            DocumentChanges { archived: Some(false), archived_at: Some(None), archived_by: Some(None), ..base }
        }
    }
}
