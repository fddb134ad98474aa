//! From a file to segments: read, cleaned, cut, and written in batches.

use chrono::Utc;
use core_rag::chunk::{Chunk, Chunker, qa};
use core_rag::rule::ProcessRule;
use futures::stream::{self, BoxStream, StreamExt};
use models::child_chunk::ChildChunk;
use models::dataset::Dataset;
use models::dataset_process_rule::StoredRule;
use models::db::AsyncConnection;
use models::document::Document;
use models::document_progress::{self, Mark};
use models::segment::Segment;
use models::segment_attachment::{self, Attachment};
use models::upload_file::UploadFile;
use models::{ChildChunkId, ChildChunkType, DocForm, SegmentId, SegmentStatus, segment_index};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::questions::Asking;
use super::texts::{PageText, Texts};
use super::{IndexError, IndexingParts};

/// Segments that are written together.
const BATCH: usize = 500;
/// Batches that may wait to be written: splitting is faster than writing.
const BATCHES_AHEAD: usize = 2;
/// What one segment shows beyond these stays in its text and is not attached to it.
const PICTURES_PER_SEGMENT: usize = 10;

impl IndexingParts {
    /// Makes the segments of a document, in place of those that it had.
    pub(super) async fn write(
        &self,
        dataset: &Dataset,
        document: &Document,
        stop: &CancellationToken,
    ) -> Result<(), IndexError> {
        let (tenant, id) = (document.tenant_id, document.id);
        let (mark, file, rule) = {
            let mut conn = self.pool.get().await?;
            let mark = document_progress::parsing(&mut conn, tenant, id).await?.ok_or(IndexError::Overtaken)?;
            let file = match document.upload() {
                Some(upload) => UploadFile::find_all(&mut conn, tenant, &[upload]).await?.pop(),
                None => None,
            };
            (mark, file, rule_of(&mut conn, document).await?)
        };
        let file =
            file.ok_or_else(|| IndexError::Document("The file of this document does not exist any more.".to_owned()))?;
        let mut chunks = self.chunks(document, &file, rule).await?;
        {
            let mut conn = self.pool.get().await?;
            if !document_progress::splitting(&mut conn, tenant, id, mark).await? {
                return Err(IndexError::Overtaken);
            }
        }
        self.index_of(dataset).take_document(id).await?;
        self.clear(document, mark).await?;
        let mut written = Written::default();
        while let Some(batch) = chunks.next().await {
            if stop.is_cancelled() {
                return Err(IndexError::Interrupted);
            }
            self.write_batch(document, mark, batch?, &mut written).await?;
        }
        if written.segments == 0 {
            return Err(IndexError::Document("The document has no text that could be indexed.".to_owned()));
        }
        let mut conn = self.pool.get().await?;
        if !document_progress::indexing(&mut conn, tenant, id, mark, written.words).await? {
            return Err(IndexError::Overtaken);
        }
        Ok(segment_index::begin(&mut conn, tenant, id).await?)
    }

    async fn clear(&self, document: &Document, mark: Mark) -> Result<(), IndexError> {
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if !document_progress::may_write(conn, document.tenant_id, document.id, mark).await? {
                return Err(IndexError::Overtaken);
            }
            Ok(segment_index::clear(conn, document.tenant_id, document.id).await?)
        })
        .await
    }

    async fn write_batch(
        &self,
        document: &Document,
        mark: Mark,
        chunks: Vec<Chunk>,
        written: &mut Written,
    ) -> Result<(), IndexError> {
        let (segments, children) = written.rows(document, chunks);
        let pictures = pictures_in(&segments);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if !document_progress::may_write(conn, document.tenant_id, document.id, mark).await? {
                return Err(IndexError::Overtaken);
            }
            Segment::insert_all(conn, &segments).await?;
            segment_attachment::insert_all(conn, &pictures).await?;
            Ok(ChildChunk::insert_all(conn, &children).await?)
        })
        .await
    }

    /// The chunks of a file, in batches, as they come.
    async fn chunks(
        &self,
        document: &Document,
        file: &UploadFile,
        rule: ProcessRule,
    ) -> Result<ChunkBatches, IndexError> {
        let bytes = self.storage.get(&file.key).await?;
        if bytes.is_empty() {
            return Err(IndexError::Document("The file is empty.".to_owned()));
        }
        let is_table = file.extension.eq_ignore_ascii_case("csv");
        if document.doc_form == DocForm::Qa && is_table {
            let pairs = tokio::task::spawn_blocking(move || qa::pairs_of_csv(&bytes)).await;
            let pairs = pairs.map_err(|e| IndexError::Document(e.to_string()))?;
            let pairs = pairs.map_err(|e| IndexError::Document(e.to_string()))?;
            let chunks: Vec<Chunk> = pairs.into_iter().map(Chunk::from).collect();
            return Ok(stream::iter(chunks).chunks(BATCH).map(Ok).boxed());
        }
        let chunker = Chunker::new(&rule, rag_form(document.doc_form)?, self.max_segment_length)?;
        let asking = match document.doc_form {
            DocForm::Qa => Some(Asking {
                runtime: self.models.runtime().clone(),
                model: self.models.default_chat(document.tenant_id).await?,
                language: document.doc_language.clone().unwrap_or_else(|| "English".to_owned()),
            }),
            DocForm::Text | DocForm::Hierarchical | DocForm::Unknown => None,
        };
        let texts = self.texts(document, file, bytes).await?;
        let (sender, mut chunks) = mpsc::channel(BATCHES_AHEAD);
        // Ends by itself: when all is said, or when nobody listens any more.
        tokio::task::spawn_blocking(move || split(chunker, texts, &sender));
        let chunks = stream::poll_fn(move |context| chunks.poll_recv(context)).boxed();
        Ok(match asking {
            Some(asking) => asking.about(chunks),
            None => chunks,
        })
    }
}

async fn rule_of(conn: &mut models::db::Conn, document: &Document) -> Result<ProcessRule, IndexError> {
    let stored = match document.dataset_process_rule_id {
        Some(rule) => StoredRule::find(conn, document.dataset_id, rule).await?,
        None => None,
    };
    match stored {
        Some(stored) => Ok(ProcessRule::stored(&stored.mode, stored.rules.as_deref())?),
        None => Ok(ProcessRule::automatic()),
    }
}

/// The same form in the words of the splitter.
pub(crate) fn rag_form(form: DocForm) -> Result<core_rag::chunk::DocForm, IndexError> {
    core_rag::chunk::DocForm::from_wire(form.as_str())
        .ok_or_else(|| IndexError::Document(format!("Documents of the form {form} are not supported.")))
}

/// Chunks as they are made, some at a time; nothing more after an error.
pub(super) type ChunkBatches = BoxStream<'static, Result<Vec<Chunk>, IndexError>>;

type Batches = mpsc::Sender<Result<Vec<Chunk>, IndexError>>;

/// Cuts texts until they end, something is wrong, or nobody listens any more.
fn split(chunker: Chunker, texts: Texts, batches: &Batches) {
    let ended = match cut(chunker, texts, batches) {
        Ok(Some(rest)) => Ok(rest),
        Ok(None) => return,
        Err(error) => Err(error),
    };
    // Whoever does not listen any more does not want it.
    let _ = batches.blocking_send(ended);
}

/// What is left for the last batch; `None` when nobody listens any more.
fn cut(mut chunker: Chunker, mut texts: Texts, batches: &Batches) -> Result<Option<Vec<Chunk>>, IndexError> {
    let mut batch = Vec::new();
    while let Some(text) = texts.blocking_recv() {
        match text? {
            PageText::Part(part) => batch.extend(chunker.push_part(&part)?),
            PageText::End => batch.extend(chunker.end_page()?),
        }
        while batch.len() >= BATCH {
            let rest = batch.split_off(BATCH);
            if batches.blocking_send(Ok(std::mem::replace(&mut batch, rest))).is_err() {
                return Ok(None);
            }
        }
    }
    batch.extend(chunker.finish()?);
    Ok(Some(batch))
}

/// What is written so far.
#[derive(Default)]
struct Written {
    segments: i32,
    /// Characters of all of them.
    words: i32,
}

impl Written {
    /// The next segments and their children.
    fn rows(&mut self, document: &Document, chunks: Vec<Chunk>) -> (Vec<Segment>, Vec<ChildChunk>) {
        let now = Utc::now().naive_utc();
        let (mut segments, mut children) = (Vec::with_capacity(chunks.len()), Vec::new());
        for chunk in chunks {
            self.segments += 1;
            let id = SegmentId::random();
            let word_count = characters(&chunk.content).saturating_add(chunk.answer.as_deref().map_or(0, characters));
            self.words = self.words.saturating_add(word_count);
            for (position, child) in (1..).zip(chunk.children) {
                children.push(ChildChunk {
                    id: ChildChunkId::random(),
                    tenant_id: document.tenant_id,
                    dataset_id: document.dataset_id,
                    document_id: document.id,
                    segment_id: id,
                    position,
                    word_count: characters(&child.content),
                    content: child.content,
                    index_node_id: Some(Uuid::new_v4().to_string()),
                    index_node_hash: Some(child.hash),
                    kind: ChildChunkType::Automatic,
                    created_by: document.created_by,
                    created_at: now,
                    updated_by: None,
                    updated_at: now,
                    indexing_at: None,
                    completed_at: None,
                    error: None,
                });
            }
            segments.push(Segment {
                id,
                tenant_id: document.tenant_id,
                dataset_id: document.dataset_id,
                document_id: document.id,
                position: self.segments,
                word_count,
                content: chunk.content,
                answer: chunk.answer,
                tokens: 0,
                keywords: None,
                index_node_id: Some(Uuid::new_v4().to_string()),
                index_node_hash: Some(chunk.hash),
                hit_count: 0,
                enabled: false,
                disabled_at: None,
                disabled_by: None,
                status: SegmentStatus::Waiting,
                created_by: document.created_by,
                created_at: now,
                updated_by: None,
                updated_at: now,
                indexing_at: None,
                completed_at: None,
                error: None,
                stopped_at: None,
            });
        }
        (segments, children)
    }
}

/// The pictures that segments show; of each the first few.
fn pictures_in(segments: &[Segment]) -> Vec<Attachment> {
    let of = |segment: &Segment| -> Vec<Attachment> {
        let ids = super::texts::pictures_of(&segment.content).take(PICTURES_PER_SEGMENT);
        ids.map(|id| Attachment::new(segment, id)).collect()
    };
    segments.iter().flat_map(of).collect()
}

/// How long a text is for people: in characters.
pub(crate) fn characters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
