//! What is to be done, added in the transaction of the change that it follows.

use std::time::Duration;

use ::jobs::{Job, Options};
use models::dataset::Dataset;
use models::db::{AsyncPgConnection, QueryResult};
use models::{DatasetId, DocumentId, SegmentId, TenantId, UploadFileId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The queue of long work.
pub const LONG: &str = "dataset";
/// The queue of summaries, which wait for models most of the time.
pub const SUMMARIES: &str = "dataset_summaries";
/// The queue of what somebody waits for.
const SHORT: &str = "dataset_changes";
/// A very large document takes its time; its lease is renewed all along.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// A document is not to blame for workers that die: it takes many to say that it kills them.
const DEATHS: u16 = 40;
/// From this attempt on a fault that may pass ends the document: people want to hear of it.
pub(super) const PATIENT_ATTEMPTS: u16 = 10;

/// Brings a document from wherever it is to the index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IndexDocument {
    pub document: DocumentId,
}

impl Job for IndexDocument {
    const KIND: &'static str = "index_document";
    const QUEUE: &'static str = LONG;
    const MAX_ATTEMPTS: u16 = DEATHS;
    const TIME_LIMIT: Duration = LONGEST;
}

/// Puts a completed document into the index, or takes it out, as its row says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SyncDocument {
    pub dataset: DatasetId,
    pub document: DocumentId,
}

impl Job for SyncDocument {
    const KIND: &'static str = "sync_document_index";
    const QUEUE: &'static str = SHORT;
    const MAX_ATTEMPTS: u16 = 8;
    const TIME_LIMIT: Duration = LONGEST;
}

/// Puts segments into the index, or takes them out, as their rows say.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SyncSegments {
    pub dataset: DatasetId,
    pub document: DocumentId,
    pub segments: Vec<SegmentId>,
}

impl Job for SyncSegments {
    const KIND: &'static str = "sync_segment_index";
    const QUEUE: &'static str = SHORT;
    const MAX_ATTEMPTS: u16 = 8;
}

/// Takes out of the index what has no row any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TakeNodes {
    pub dataset: DatasetId,
    pub nodes: Vec<String>,
}

impl Job for TakeNodes {
    const KIND: &'static str = "take_nodes";
    const QUEUE: &'static str = SHORT;
    const MAX_ATTEMPTS: u16 = 10;
}

/// Removes what belonged to deleted documents.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CleanDocuments {
    pub dataset: DatasetId,
    pub documents: Vec<DocumentId>,
    /// Their source files.
    pub files: Vec<UploadFileId>,
}

impl Job for CleanDocuments {
    const KIND: &'static str = "clean_documents";
    const QUEUE: &'static str = "purge";
    const MAX_ATTEMPTS: u16 = 10;
}

/// Removes what belonged to a deleted dataset. What of its row leads to its vectors is kept here.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CleanDataset {
    pub dataset: DatasetId,
    pub index_struct: Option<String>,
    pub collection_binding: Option<Uuid>,
}

impl Job for CleanDataset {
    const KIND: &'static str = "clean_dataset";
    const QUEUE: &'static str = "purge";
    const MAX_ATTEMPTS: u16 = 10;
    const TIME_LIMIT: Duration = LONGEST;
}

/// What the index of a dataset is to be built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rebuild {
    /// By keywords; its vectors go.
    Keywords,
    /// By the vectors of the model that its row names.
    Vectors,
}

/// Builds the index of a dataset anew: what there was goes, then a job follows for each document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RebuildDataset {
    pub dataset: DatasetId,
    pub to: Rebuild,
}

impl Job for RebuildDataset {
    const KIND: &'static str = "rebuild_dataset_index";
    const QUEUE: &'static str = SHORT;
    const MAX_ATTEMPTS: u16 = 10;
}

/// Puts the segments of a document into an index that is built anew.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReindexDocument {
    pub document: DocumentId,
}

impl Job for ReindexDocument {
    const KIND: &'static str = "reindex_document";
    const QUEUE: &'static str = LONG;
    const MAX_ATTEMPTS: u16 = DEATHS;
    const TIME_LIMIT: Duration = LONGEST;
}

/// Makes the summaries of a document's segments that are not done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SummariseDocument {
    pub document: DocumentId,
}

impl Job for SummariseDocument {
    const KIND: &'static str = "summarise_document";
    const QUEUE: &'static str = SUMMARIES;
    const MAX_ATTEMPTS: u16 = DEATHS;
    const TIME_LIMIT: Duration = LONGEST;
}

/// Looks for documents that nobody moves on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FindStranded {}

impl Job for FindStranded {
    const KIND: &'static str = "find_stranded_documents";
    const QUEUE: &'static str = SHORT;
}

async fn add<J: Job>(conn: &mut AsyncPgConnection, tenant: TenantId, jobs: &[J]) -> QueryResult<()> {
    ::jobs::enqueue_all(conn, Some(tenant), jobs, Options::default()).await.map(drop)
}

/// The documents are on their way to the index.
pub async fn index(conn: &mut AsyncPgConnection, tenant: TenantId, documents: &[DocumentId]) -> QueryResult<()> {
    let jobs: Vec<_> = documents.iter().map(|document| IndexDocument { document: *document }).collect();
    add(conn, tenant, &jobs).await
}

/// The documents were enabled, disabled, archived or taken out of the archive.
pub async fn sync_documents(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    documents: &[DocumentId],
) -> QueryResult<()> {
    for document in documents {
        let job = SyncDocument { dataset, document: *document };
        let options = Options { dedup_key: Some(document_key(*document)), ..Options::default() };
        ::jobs::enqueue(conn, Some(tenant), &job, options).await?;
    }
    Ok(())
}

/// What a job that syncs a document holds while it waits or runs.
pub(crate) fn document_key(document: DocumentId) -> String {
    format!("document-index:{document}")
}

/// What a job that syncs a segment holds while it waits or runs.
pub(crate) fn segment_key(segment: SegmentId) -> String {
    format!("segment-index:{segment}")
}

/// The segments were enabled, disabled or changed.
pub async fn sync_segments(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    document: DocumentId,
    segments: &[SegmentId],
) -> QueryResult<()> {
    for segment in segments {
        let job = SyncSegments { dataset, document, segments: vec![*segment] };
        let options = Options { dedup_key: Some(segment_key(*segment)), ..Options::default() };
        ::jobs::enqueue(conn, Some(tenant), &job, options).await?;
    }
    Ok(())
}

/// Summaries of the documents are to be made. A job that is there already goes on until none is left to be made.
pub async fn summarise(conn: &mut AsyncPgConnection, tenant: TenantId, documents: &[DocumentId]) -> QueryResult<()> {
    for document in documents {
        let job = SummariseDocument { document: *document };
        let options = Options { dedup_key: Some(format!("document-summaries:{document}")), ..Options::default() };
        ::jobs::enqueue(conn, Some(tenant), &job, options).await?;
    }
    Ok(())
}

/// Rows are gone that the index knows under these ids.
pub async fn take_nodes(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    nodes: Vec<String>,
) -> QueryResult<()> {
    if nodes.is_empty() { Ok(()) } else { add(conn, tenant, &[TakeNodes { dataset, nodes }]).await }
}

/// The rows of the documents are gone.
pub async fn clean_documents(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    documents: Vec<DocumentId>,
    files: Vec<UploadFileId>,
) -> QueryResult<()> {
    add(conn, tenant, &[CleanDocuments { dataset, documents, files }]).await
}

/// The row of the dataset is gone.
pub async fn clean(conn: &mut AsyncPgConnection, dataset: &Dataset) -> QueryResult<()> {
    let job = CleanDataset {
        dataset: dataset.id,
        index_struct: dataset.index_struct.clone(),
        collection_binding: dataset.collection_binding_id,
    };
    add(conn, dataset.tenant_id, &[job]).await
}

/// The index of the dataset is to be built anew.
pub async fn rebuild(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    dataset: DatasetId,
    to: Rebuild,
) -> QueryResult<()> {
    add(conn, tenant, &[RebuildDataset { dataset, to }]).await
}
