//! Documents as they are shown: the row with what is counted and joined.

use std::collections::HashMap;

use models::dataset::Dataset;
use models::dataset_facts::{FieldOf, fields};
use models::dataset_process_rule::StoredRule;
use models::db::Conn;
use models::document::Document;
use models::document_list::{self, SegmentSums};
use models::upload_file::UploadFile;
use models::{DocumentId, IndexingTechnique, ProcessRuleId, UploadFileId, segment_summary};

use crate::knowledge::{Actor, Knowledge, KnowledgeError};

/// A document as it is shown.
#[derive(Debug, Clone)]
pub struct DocumentView {
    pub document: Document,
    pub sums: SegmentSums,
    /// The upload that it was made from.
    pub file: Option<UploadFile>,
    /// The fields of metadata that its dataset has.
    pub fields: Vec<FieldOf>,
    /// Whether the dataset's documents have the built-in fields.
    pub built_in_fields: bool,
    pub rule: Option<StoredRule>,
    /// Summaries of its segments are still to be made.
    pub summarising: bool,
}

/// The rule that a document follows, and the one that its dataset would apply now.
#[derive(Debug, Clone)]
pub struct DocumentRules {
    pub document: Option<StoredRule>,
    pub latest: Option<StoredRule>,
}

/// How far a document has come.
#[derive(Debug, Clone)]
pub struct IndexingState {
    pub document: Document,
    pub completed_segments: i64,
    pub total_segments: i64,
}

impl Knowledge {
    /// Everything that is shown of documents of one dataset: a fixed number of statements for any number of them.
    pub(super) async fn document_views(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        dataset: &Dataset,
        documents: Vec<Document>,
    ) -> Result<Vec<DocumentView>, KnowledgeError> {
        let ids: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
        let mut sums = sums_by_document(conn, actor, &ids).await?;
        let uploads: Vec<UploadFileId> = documents.iter().filter_map(Document::upload).collect();
        let files: HashMap<UploadFileId, UploadFile> =
            UploadFile::find_all(conn, actor.tenant, &uploads).await?.into_iter().map(|file| (file.id, file)).collect();
        let fields = fields(conn, actor.tenant, &[dataset.id]).await?;
        let mut rule_ids: Vec<ProcessRuleId> = documents.iter().filter_map(|d| d.dataset_process_rule_id).collect();
        rule_ids.sort_unstable();
        rule_ids.dedup();
        let rules: HashMap<ProcessRuleId, StoredRule> =
            StoredRule::find_all(conn, dataset.id, &rule_ids).await?.into_iter().map(|rule| (rule.id, rule)).collect();
        let summarised = if dataset.indexing_technique == Some(IndexingTechnique::HighQuality) {
            segment_summary::waiting(conn, actor.tenant, &ids).await?
        } else {
            Vec::new()
        };
        Ok(documents
            .into_iter()
            .map(|document| DocumentView {
                summarising: summarised.contains(&document.id),
                sums: sums.remove(&document.id).unwrap_or_else(|| no_segments(document.id)),
                file: document.upload().and_then(|upload| files.get(&upload).cloned()),
                fields: fields.clone(),
                built_in_fields: dataset.built_in_field_enabled,
                rule: document.dataset_process_rule_id.and_then(|rule| rules.get(&rule).cloned()),
                document,
            })
            .collect())
    }

    pub(super) async fn states(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        documents: Vec<Document>,
    ) -> Result<Vec<IndexingState>, KnowledgeError> {
        let ids: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
        let sums = sums_by_document(conn, actor, &ids).await?;
        Ok(documents
            .into_iter()
            .map(|document| {
                let of = sums.get(&document.id);
                IndexingState {
                    completed_segments: of.map_or(0, |sums| sums.completed),
                    total_segments: of.map_or(0, |sums| sums.total),
                    document,
                }
            })
            .collect())
    }
}

async fn sums_by_document(
    conn: &mut Conn,
    actor: &Actor,
    ids: &[DocumentId],
) -> Result<HashMap<DocumentId, SegmentSums>, KnowledgeError> {
    let sums = document_list::segment_sums(conn, actor.tenant, ids).await?;
    Ok(sums.into_iter().map(|sums| (sums.document_id, sums)).collect())
}

fn no_segments(document_id: DocumentId) -> SegmentSums {
    SegmentSums { document_id, hits: 0, segments: 0, completed: 0, total: 0 }
}
