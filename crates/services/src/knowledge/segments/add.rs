//! Segments that people write.

use chrono::Utc;
use core_rag::chunk::content_hash;
use models::child_chunk::ChildChunk;
use models::dataset::Dataset;
use models::db::{AsyncConnection, alone_at};
use models::document::Document;
use models::segment::{Segment, SegmentChanges};
use models::segment_attachment::{self, Attachment};
use models::{
    ChildChunkId, ChildChunkType, DatasetId, DocForm, DocumentId, IndexingStatus, SegmentId, SegmentStatus,
    UploadFileId,
};
use serde_json::Value;
use uuid::Uuid;

use super::SegmentView;
use crate::indexing::{DatasetIndex, IndexError, characters};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, KnowledgeParts, access};

/// A segment that is to be.
#[derive(Debug, Clone)]
pub struct NewSegment {
    pub content: String,
    /// Of a question.
    pub answer: Option<String>,
    /// In place of those that would be found.
    pub keywords: Option<Vec<String>>,
    pub attachments: Vec<UploadFileId>,
}

impl Knowledge {
    /// Adds segments at the end of a document and puts them into the index. What cannot be put there is kept, disabled,
    /// with its error.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument` also for one that is not available, `Invalid`, or a model that
    /// cannot be used.
    pub async fn add_segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        new: Vec<NewSegment>,
    ) -> Result<(Vec<SegmentView>, DocForm), KnowledgeError> {
        let (dataset, document) = {
            let mut conn = self.pool().get().await?;
            access::document(&mut conn, actor, dataset, document).await?
        };
        require_editable(&document)?;
        let most = self.settings().max_segments_per_request;
        if most > 0 && new.len() > most {
            return Err(KnowledgeError::invalid(format!("At most {most} segments may be added at once.")));
        }
        for segment in &new {
            check(&document, segment)?;
        }
        self.require_model(actor, &dataset).await?;
        let form = document.doc_form;
        let (rows, children) = self.insert(actor, &document, new, None).await?;
        let rows = self.put(&dataset, &document, rows, &children).await?;
        let ids: Vec<SegmentId> = rows.iter().map(|segment| segment.id).collect();
        self.summarise_new(&dataset, &document, &ids).await?;
        let mut conn = self.pool().get().await?;
        Ok((self.segment_views(&mut conn, &document, rows).await?, form))
    }

    /// A dataset of vectors needs its model before anything is written.
    pub(super) async fn require_model(&self, actor: &Actor, dataset: &Dataset) -> Result<(), KnowledgeError> {
        if dataset.indexing_technique == Some(models::IndexingTechnique::HighQuality) {
            self.parts.models.embedder_of(actor.tenant, dataset).await?;
        }
        Ok(())
    }

    pub(super) fn index_of<'a>(&'a self, dataset: &'a Dataset) -> DatasetIndex<'a> {
        let KnowledgeParts { pool, models, stores, files, .. } = &*self.parts;
        DatasetIndex { pool, models, stores, files, dataset }
    }

    /// `ids`: of the new rows, in their order, where they are not to be random.
    pub(super) async fn insert(
        &self,
        actor: &Actor,
        document: &Document,
        new: Vec<NewSegment>,
        ids: Option<&[SegmentId]>,
    ) -> Result<(Vec<Segment>, Vec<ChildChunk>), KnowledgeError> {
        let splitter = self.child_splitter(document).await?;
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            alone_at(conn, &format!("segments:{}", document.id)).await?;
            let mut position = Segment::last_position(conn, actor.tenant, document.id).await?;
            let (mut rows, mut children, mut attached, mut words) = (Vec::new(), Vec::new(), Vec::new(), 0_i32);
            for (place, segment) in new.into_iter().enumerate() {
                position += 1;
                let mut row = row(actor, document, &segment, position);
                if let Some(id) = ids.and_then(|ids| ids.get(place)) {
                    row.id = *id;
                }
                words = words.saturating_add(row.word_count);
                if let Some(splitter) = &splitter {
                    children.extend(split(splitter, actor, &row)?);
                }
                attached.extend(segment.attachments.iter().map(|file| Attachment::new(&row, *file)));
                rows.push(row);
            }
            Segment::insert_all(conn, &rows).await?;
            ChildChunk::insert_all(conn, &children).await?;
            segment_attachment::insert_all(conn, &attached).await?;
            Document::add_words(conn, actor.tenant, document.id, words).await?;
            Ok::<_, KnowledgeError>((rows, children))
        })
        .await
    }

    /// Puts written segments into the index, and keeps what came of that in their rows.
    pub(super) async fn put(
        &self,
        dataset: &Dataset,
        document: &Document,
        rows: Vec<Segment>,
        children: &[ChildChunk],
    ) -> Result<Vec<Segment>, KnowledgeError> {
        let put = self.index_of(dataset).put(document.doc_form, &rows, children, true).await;
        let mut conn = self.pool().get().await?;
        let ids: Vec<SegmentId> = rows.iter().map(|segment| segment.id).collect();
        match put {
            Ok(indexed) => {
                models::segment_index::describe(&mut conn, document.tenant_id, document.id, &indexed).await?;
            }
            Err(error) => {
                tracing::warn!(document.id = %document.id, error = %error, "edited segments could not be put into the index");
                let changes = failed(&error);
                Segment::change_all(&mut conn, document.tenant_id, document.id, &ids, &changes).await?;
            }
        }
        Ok(Segment::find_all(&mut conn, document.tenant_id, document.id, &ids).await?)
    }
}

/// What becomes of a segment that did not get into the index.
fn failed(error: &IndexError) -> SegmentChanges {
    SegmentChanges {
        enabled: Some(false),
        disabled_at: Some(Some(Utc::now().naive_utc())),
        status: Some(SegmentStatus::Error),
        error: Some(Some(error.to_string().replace('\0', ""))),
        ..SegmentChanges::default()
    }
}

/// # Errors
/// `NoSuchDocument` unless people may edit its segments.
pub(super) fn require_editable(document: &Document) -> Result<(), KnowledgeError> {
    if document.indexing_status != IndexingStatus::Completed {
        return Err(KnowledgeError::NotFound("Document is not completed."));
    }
    if !document.enabled {
        return Err(KnowledgeError::NotFound("Document is disabled."));
    }
    Ok(())
}

fn check(document: &Document, segment: &NewSegment) -> Result<(), KnowledgeError> {
    if document.doc_form == DocForm::Qa && segment.answer.as_deref().is_none_or(|answer| answer.trim().is_empty()) {
        return Err(KnowledgeError::invalid("Answer is required"));
    }
    if segment.content.trim().is_empty() {
        return Err(KnowledgeError::invalid("Content is empty"));
    }
    Ok(())
}

fn row(actor: &Actor, document: &Document, segment: &NewSegment, position: i32) -> Segment {
    let now = Utc::now().naive_utc();
    let answer = segment.answer.clone().filter(|_| document.doc_form == DocForm::Qa);
    Segment {
        id: SegmentId::random(),
        tenant_id: actor.tenant,
        dataset_id: document.dataset_id,
        document_id: document.id,
        position,
        word_count: characters(&segment.content).saturating_add(answer.as_deref().map_or(0, characters)),
        content: segment.content.clone(),
        answer,
        tokens: 0,
        keywords: segment.keywords.clone().filter(|keywords| !keywords.is_empty()).map(Value::from),
        index_node_id: Some(Uuid::new_v4().to_string()),
        index_node_hash: Some(content_hash(&segment.content)),
        hit_count: 0,
        enabled: true,
        disabled_at: None,
        disabled_by: None,
        status: SegmentStatus::Completed,
        created_by: actor.account.0,
        created_at: now,
        updated_by: None,
        updated_at: now,
        indexing_at: Some(now),
        completed_at: Some(now),
        error: None,
        stopped_at: None,
    }
}

/// The children of a parent that a person wrote.
pub(super) fn split(
    splitter: &core_rag::chunk::Chunker,
    actor: &Actor,
    segment: &Segment,
) -> Result<Vec<ChildChunk>, KnowledgeError> {
    let now = Utc::now().naive_utc();
    let pieces = splitter.children_of(&segment.content).map_err(|e| KnowledgeError::invalid(e.to_string()))?;
    let child = |(position, piece): (i32, core_rag::chunk::ChildChunk)| ChildChunk {
        id: ChildChunkId::random(),
        tenant_id: actor.tenant,
        dataset_id: segment.dataset_id,
        document_id: segment.document_id,
        segment_id: segment.id,
        position,
        word_count: characters(&piece.content),
        content: piece.content,
        index_node_id: Some(Uuid::new_v4().to_string()),
        index_node_hash: Some(piece.hash),
        kind: ChildChunkType::Automatic,
        created_by: actor.account.0,
        created_at: now,
        updated_by: None,
        updated_at: now,
        indexing_at: Some(now),
        completed_at: Some(now),
        error: None,
    };
    Ok((1..).zip(pieces).map(child).collect())
}
