//! Having summaries of segments made, and how far that has come.

use std::collections::HashSet;

use models::db::AsyncConnection;
use models::document::{Document, DocumentChanges};
use models::segment_summary::{self, SummaryCount, SummaryOf};
use models::{DatasetId, DocumentId, IndexingStatus, IndexingTechnique, summary_progress};

use super::{Actor, Knowledge, KnowledgeError, access};
use crate::indexing::{self, SummarySetting, has_summaries};

/// Segments that are shown one by one.
const SHOWN: i64 = 10_000;

/// How the summaries of a document are coming on.
#[derive(Debug, Clone)]
pub struct SummaryState {
    /// All segments that people find.
    pub counts: Vec<SummaryCount>,
    /// The first of them.
    pub segments: Vec<SummaryOf>,
}

impl Knowledge {
    /// Has the summaries of all segments of the documents made, again where there are some. Documents of questions are
    /// left out, and those that are on their way into the index get theirs when they are there.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NotFound` for a document that is not there, or `Invalid` where the dataset has no
    /// summaries.
    pub async fn summarise(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        documents: &[DocumentId],
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        if documents.is_empty() {
            return Err(KnowledgeError::invalid("document_list cannot be empty."));
        }
        if dataset.indexing_technique != Some(IndexingTechnique::HighQuality) {
            return Err(KnowledgeError::invalid(
                "Summary generation is only available for 'high_quality' indexing technique.",
            ));
        }
        if SummarySetting::read(dataset.summary_index_setting.as_ref()).is_none() {
            return Err(KnowledgeError::invalid(
                "Summary index is not enabled for this dataset. Please enable it in the dataset settings.",
            ));
        }
        conn.transaction(async |conn| {
            let found = Document::find_all(conn, actor.tenant, dataset.id, documents).await?;
            let asked: HashSet<DocumentId> = documents.iter().copied().collect();
            if found.len() != asked.len() {
                return Err(KnowledgeError::NotFound("Some documents not found."));
            }
            let wanted: Vec<&Document> =
                found.iter().filter(|document| has_summaries(&dataset, document.doc_form)).collect();
            let all: Vec<DocumentId> = wanted.iter().map(|document| document.id).collect();
            let done = wanted.iter().filter(|document| document.indexing_status == IndexingStatus::Completed);
            let ready: Vec<DocumentId> = done.map(|document| document.id).collect();
            let changes = DocumentChanges { need_summary: Some(true), ..DocumentChanges::default() };
            if !all.is_empty() {
                Document::change_all(conn, actor.tenant, dataset.id, &all, &changes).await?;
            }
            if !ready.is_empty() {
                summary_progress::renew_documents(conn, actor.tenant, &ready).await?;
                summary_progress::begin(conn, actor.tenant, &ready).await?;
                indexing::summarise(conn, actor.tenant, &ready).await?;
            }
            Ok(())
        })
        .await
    }

    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
    pub async fn summary_state(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
    ) -> Result<SummaryState, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document) = access::document(&mut conn, actor, dataset, document).await?;
        Ok(SummaryState {
            counts: segment_summary::counts(&mut conn, actor.tenant, document.id).await?,
            segments: segment_summary::list(&mut conn, actor.tenant, document.id, SHOWN).await?,
        })
    }
}
