//! Changing segments.

use chrono::Utc;
use core_rag::chunk::{Chunker, content_hash};
use core_rag::rule::ProcessRule;
use models::child_chunk::ChildChunk;
use models::dataset_process_rule::StoredRule;
use models::db::AsyncConnection;
use models::document::Document;
use models::segment::{Segment, SegmentChanges};
use models::segment_attachment::{self, Attachment};
use models::{DatasetId, DocForm, DocumentId, SegmentId, SegmentStatus, UploadFileId};
use serde_json::Value;

use super::SegmentView;
use super::add::split;
use crate::indexing::{characters, rag_form, segment_key};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// What is to change; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default)]
pub struct SegmentPatch {
    pub content: Option<String>,
    pub answer: Option<String>,
    pub keywords: Option<Vec<String>>,
    pub enabled: Option<bool>,
    /// Splits the children of a parent anew.
    pub regenerate_children: bool,
    pub attachments: Option<Vec<UploadFileId>>,
    /// An empty one takes the summary away. Without one the model writes it anew where the text changed.
    pub summary: Option<String>,
}

impl Knowledge {
    /// Changes one segment, in the index, too: it keeps the id under which the index knows it.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, `NoSuchSegment`, or `Invalid` for one that is disabled or is
    /// being indexed.
    pub async fn change_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        id: SegmentId,
        patch: SegmentPatch,
    ) -> Result<(SegmentView, DocForm), KnowledgeError> {
        let (dataset, document, segment) = {
            let mut conn = self.pool().get().await?;
            let found = access::segment(&mut conn, actor, dataset, document, id).await?;
            if !models::job::taken_keys(&mut conn, &[segment_key(id)]).await?.is_empty() {
                return Err(KnowledgeError::invalid("Segment is indexing, please try again later"));
            }
            found
        };
        if !segment.enabled && patch.enabled != Some(true) {
            return Err(KnowledgeError::invalid("Can't update disabled segment"));
        }
        self.require_model(actor, &dataset).await?;
        let content = patch.content.clone().unwrap_or_else(|| segment.content.clone());
        check(&document, &content, &patch)?;
        let edited = content != segment.content;
        let enabled = patch.enabled == Some(true) && !segment.enabled;
        let repictured = dataset.is_multimodal && patch.attachments.is_some();
        let new_keywords = patch.keywords.is_some() && keywords_of(&segment) != patch.keywords;
        let changes = changes(actor, &document, &segment, &content, &patch);
        let resplit = document.doc_form == DocForm::Hierarchical && patch.regenerate_children;
        let splitter = if resplit { self.child_splitter(&document).await? } else { None };
        let given = patch.summary.as_deref();
        let summary = self.summary_change(&dataset, &document, &segment, edited, given).await?;
        let (row, children, gone) = self.write_change(actor, &document, &segment, changes, splitter, &patch).await?;
        self.begin_summary(&dataset, &row, &summary).await?;
        if patch.enabled == Some(false) {
            let of_summaries = self.hide_summary(&row).await?;
            let nodes = nodes(&row, &children).into_iter().chain(of_summaries).collect::<Vec<_>>();
            self.index_of(&dataset).take(&nodes).await.map_err(index_fault)?;
        } else if edited || enabled || new_keywords || resplit || repictured {
            self.index_of(&dataset).take(&gone).await.map_err(index_fault)?;
            // Parents are not in the index: only children that changed are put there again.
            if document.doc_form != DocForm::Hierarchical || resplit || enabled || repictured {
                self.put(&dataset, &document, vec![row.clone()], &children).await?;
            }
        }
        if patch.enabled != Some(false) {
            self.show_summary(&dataset, &document, &row, &summary, enabled).await?;
        }
        let mut conn = self.pool().get().await?;
        let rows = Segment::find_all(&mut conn, actor.tenant, document.id, &[id]).await?;
        let view = self.segment_views(&mut conn, &document, rows).await?.pop();
        Ok((view.ok_or(KnowledgeError::NoSuchSegment)?, document.doc_form))
    }

    async fn write_change(
        &self,
        actor: &Actor,
        document: &Document,
        segment: &Segment,
        changes: SegmentChanges,
        splitter: Option<Chunker>,
        patch: &SegmentPatch,
    ) -> Result<(Segment, Vec<ChildChunk>, Vec<String>), KnowledgeError> {
        let words = changes.word_count.unwrap_or(segment.word_count).saturating_sub(segment.word_count);
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            let row = Segment::change(conn, actor.tenant, document.id, segment.id, &changes).await?;
            let row = row.ok_or(KnowledgeError::NoSuchSegment)?;
            Document::add_words(conn, actor.tenant, document.id, words).await?;
            let mut gone: Vec<String> = Vec::new();
            if let Some(files) = &patch.attachments {
                let attached: Vec<Attachment> = files.iter().map(|file| Attachment::new(&row, *file)).collect();
                let old = segment_attachment::replace(conn, actor.tenant, row.id, &attached).await?;
                gone.extend(old.into_iter().map(|id| id.to_string()));
            }
            let Some(splitter) = splitter else {
                let children = ChildChunk::of_segments(conn, actor.tenant, &[row.id]).await?;
                return Ok((row, children, gone));
            };
            let old = ChildChunk::delete_of_segments(conn, actor.tenant, &[row.id]).await?;
            let children = split(&splitter, actor, &row)?;
            ChildChunk::insert_all(conn, &children).await?;
            gone.extend(old.into_iter().filter_map(|child| child.index_node_id));
            Ok((row, children, gone))
        })
        .await
    }

    /// Cuts parents of the document into children; `None` where it has no parents.
    pub(super) async fn child_splitter(&self, document: &Document) -> Result<Option<Chunker>, KnowledgeError> {
        if document.doc_form != DocForm::Hierarchical {
            return Ok(None);
        }
        let mut conn = self.pool().get().await?;
        let stored = match document.dataset_process_rule_id {
            Some(rule) => StoredRule::find(&mut conn, document.dataset_id, rule).await?,
            None => None,
        };
        let stored = stored.ok_or_else(|| KnowledgeError::invalid("The document has no process rule."))?;
        let invalid = |e: &dyn std::error::Error| KnowledgeError::invalid(e.to_string());
        let rule = ProcessRule::stored(&stored.mode, stored.rules.as_deref()).map_err(|e| invalid(&e))?;
        let form = rag_form(document.doc_form).map_err(|e| invalid(&e))?;
        let most = usize::try_from(self.settings().max_segment_length).unwrap_or(usize::MAX);
        Chunker::new(&rule, form, most).map(Some).map_err(|e| invalid(&e))
    }
}

/// What a failure of the index is to whoever waits for it.
pub(super) fn index_fault(error: crate::indexing::IndexError) -> KnowledgeError {
    use crate::indexing::IndexError;
    match error {
        IndexError::Model(e) => KnowledgeError::Model(e),
        IndexError::Invoke(e) => KnowledgeError::Model(e.into()),
        IndexError::Store(e) => KnowledgeError::Store(e),
        IndexError::Db(e) => KnowledgeError::Db(e),
        other @ (IndexError::Document(_)
        | IndexError::Extract(_)
        | IndexError::Rule(_)
        | IndexError::Chunk(_)
        | IndexError::Storage(_)
        | IndexError::File(_)
        | IndexError::Interrupted
        | IndexError::Overtaken) => KnowledgeError::invalid(other.to_string()),
    }
}

fn check(document: &Document, content: &str, patch: &SegmentPatch) -> Result<(), KnowledgeError> {
    if content.trim().is_empty() {
        return Err(KnowledgeError::invalid("Content is empty"));
    }
    let no_answer = patch.answer.as_deref().is_some_and(|answer| answer.trim().is_empty());
    if document.doc_form == DocForm::Qa && no_answer {
        return Err(KnowledgeError::invalid("Answer is required"));
    }
    Ok(())
}

fn keywords_of(segment: &Segment) -> Option<Vec<String>> {
    let list = segment.keywords.as_ref()?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn changes(
    actor: &Actor,
    document: &Document,
    segment: &Segment,
    content: &str,
    patch: &SegmentPatch,
) -> SegmentChanges {
    let now = Utc::now().naive_utc();
    let answer = match (document.doc_form, &patch.answer) {
        (DocForm::Qa, Some(answer)) => Some(answer.clone()),
        _ => segment.answer.clone(),
    };
    let words = characters(content).saturating_add(answer.as_deref().map_or(0, characters));
    let edited = content != segment.content;
    // Keywords that a person gave are of the old text.
    let keywords = match &patch.keywords {
        Some(given) if given.is_empty() => Some(None),
        Some(given) => Some(Some(Value::from(given.clone()))),
        None if edited => Some(None),
        None => None,
    };
    SegmentChanges {
        content: Some(content.to_owned()),
        answer: Some(answer),
        word_count: Some(words),
        keywords,
        index_node_hash: edited.then(|| content_hash(content)),
        enabled: patch.enabled,
        disabled_at: patch.enabled.map(|enabled| (!enabled).then_some(now)),
        disabled_by: patch.enabled.map(|enabled| (!enabled).then_some(actor.account.0)),
        status: Some(SegmentStatus::Completed),
        completed_at: Some(now),
        error: Some(None),
        updated_by: Some(actor.account.0),
        updated_at: Some(now),
        ..SegmentChanges::default()
    }
}

/// Under which ids the index knows a segment.
pub(super) fn nodes(segment: &Segment, children: &[ChildChunk]) -> Vec<String> {
    let own = segment.index_node_id.clone();
    own.into_iter().chain(children.iter().filter_map(|child| child.index_node_id.clone())).collect()
}
