//! Putting something else in the place of a document, or having it split in another way.

use models::db::{AsyncConnection, alone_at};
use models::document::{CreatedFrom, Document};
use models::document_list::DisplayStatus;
use models::document_progress::{self, Replacement};
use models::upload_file::UploadFile;
use models::{DatasetId, DocumentId, segment_index};

use super::add::{AddedDocuments, IndexSettings, batch_id, needs_summary, rule_row, source_of};
use crate::indexing;
use crate::knowledge::metadata::note_built_in;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// What is to be different.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// `None`: the same file, indexed anew.
    pub file: Option<UploadFile>,
    /// `None`: the file's name, or the old one.
    pub name: Option<String>,
    pub settings: IndexSettings,
    pub created_from: CreatedFrom,
}

impl Knowledge {
    /// # Errors
    /// `Invalid` unless the document is available, and what [`Knowledge::add`] refuses.
    pub async fn replace(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
        replaced: Replaced,
    ) -> Result<AddedDocuments, KnowledgeError> {
        let (known, _) = {
            let mut conn = self.pool().get().await?;
            access::document(&mut conn, actor, dataset, id).await?
        };
        let checked = self.check(actor, &known, &replaced.settings).await?;
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            alone_at(conn, &format!("documents:{dataset}")).await?;
            let document = Document::find(conn, actor.tenant, dataset, id).await?;
            let document = document.ok_or(KnowledgeError::NoSuchDocument)?;
            if document.display_status() != Some(DisplayStatus::Available) {
                return Err(KnowledgeError::invalid("Document is not available"));
            }
            let dataset = self.prepare_dataset(conn, actor, dataset, &checked, &replaced.settings).await?;
            let rule = rule_row(conn, actor, &dataset, replaced.settings.rule.as_ref()).await?;
            let batch = batch_id();
            let name = replaced.name.clone().or_else(|| replaced.file.as_ref().map(|file| file.name.clone()));
            let replacement = Replacement {
                name: name.map(|name| name.chars().take(255).collect()),
                data_source_info: replaced.file.as_ref().map(source_of),
                dataset_process_rule_id: Some(rule),
                batch: Some(batch.clone()),
                created_from: Some(replaced.created_from),
                doc_language: Some(replaced.settings.language.clone()),
                need_summary: needs_summary(&dataset, document.doc_form),
                created_at: None,
            };
            document_progress::begin_again(conn, actor.tenant, &[id], Some(&replacement)).await?;
            segment_index::outdated(conn, actor.tenant, &[id]).await?;
            note_built_in(conn, &dataset, &[id]).await?;
            if let Some(file) = &replaced.file {
                UploadFile::mark_used(conn, actor.tenant, &[file.id]).await?;
            }
            indexing::index(conn, actor.tenant, &[id]).await?;
            let documents = Document::find_all(conn, actor.tenant, dataset.id, &[id]).await?;
            Ok(AddedDocuments { dataset, documents, batch })
        })
        .await
    }
}
