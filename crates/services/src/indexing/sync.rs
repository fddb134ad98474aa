//! Making the index say what rows say: after documents or segments were enabled, disabled, archived or changed.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Context, Failure, Handler};
use models::dataset::Dataset;
use models::document::{Document, DocumentChanges};
use models::segment::{Segment, SegmentChanges};
use models::{IndexingStatus, SegmentId, SegmentStatus, TenantId, segment_index, segment_summary};
use tokio_util::sync::CancellationToken;

use super::jobs::{SyncDocument, SyncSegments, summarise};
use super::load::children_of;
use super::summariser::has_summaries;
use super::{IndexError, IndexingParts};

const BATCH: i64 = 200;

fn ids(segments: &[Segment]) -> Vec<SegmentId> {
    segments.iter().map(|segment| segment.id).collect()
}

pub(super) struct DocumentSync(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for DocumentSync {
    type Job = SyncDocument;

    async fn run(&self, job: SyncDocument, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a document without a workspace")) };
        let (dataset, document) = {
            let mut conn = self.0.pool.get().await?;
            let dataset = Dataset::find(&mut conn, tenant, job.dataset).await?;
            (dataset, Document::find(&mut conn, tenant, job.dataset, job.document).await?)
        };
        let (Some(dataset), Some(document)) = (dataset, document) else { return Ok(()) };
        if document.indexing_status != IndexingStatus::Completed {
            return Ok(());
        }
        let wanted = document.enabled && !document.archived;
        let synced = if wanted {
            self.0.show_document(&dataset, &document, context.stop_token()).await
        } else {
            self.0.index_of(&dataset).take_document(document.id).await
        };
        match synced {
            Err(error) if context.is_last_attempt() => self.give_up(tenant, &document, wanted, &error).await,
            other => other.map_err(IndexError::into_failure),
        }
    }
}

impl DocumentSync {
    /// The row says again what is true.
    async fn give_up(
        &self,
        tenant: TenantId,
        document: &Document,
        wanted: bool,
        error: &IndexError,
    ) -> Result<(), Failure> {
        tracing::error!(document.id = %document.id, error = %error, "a document could not be brought into or out of the index");
        let now = chrono::Utc::now().naive_utc();
        let changes = if wanted {
            DocumentChanges {
                enabled: Some(false),
                disabled_at: Some(Some(now)),
                indexing_status: Some(IndexingStatus::Error),
                error: Some(Some(error.to_string().replace('\0', ""))),
                stopped_at: Some(Some(now)),
                ..DocumentChanges::default()
            }
        } else {
            DocumentChanges { enabled: (!document.archived).then_some(true), ..DocumentChanges::default() }
        };
        let mut conn = self.0.pool.get().await?;
        Document::change_all(&mut conn, tenant, document.dataset_id, &[document.id], &changes).await?;
        Ok(())
    }
}

impl IndexingParts {
    async fn show_document(
        &self,
        dataset: &Dataset,
        document: &Document,
        stop: &CancellationToken,
    ) -> Result<(), IndexError> {
        self.put_document(dataset, document, stop).await?;
        self.resume_summaries(dataset, document).await
    }

    /// Summaries are only made of what people find: those that were not done go on.
    async fn resume_summaries(&self, dataset: &Dataset, document: &Document) -> Result<(), IndexError> {
        let wanted = document.need_summary || dataset.summary_index_setting.is_some();
        if !wanted || !has_summaries(dataset, document.doc_form) {
            return Ok(());
        }
        let mut conn = self.pool.get().await?;
        Ok(summarise(&mut conn, document.tenant_id, &[document.id]).await?)
    }

    /// Puts all segments of a document into the index that people see.
    pub(super) async fn put_document(
        &self,
        dataset: &Dataset,
        document: &Document,
        stop: &CancellationToken,
    ) -> Result<(), IndexError> {
        let mut after = i32::MIN;
        loop {
            if stop.is_cancelled() {
                return Err(IndexError::Interrupted);
            }
            let (segments, children) = {
                let mut conn = self.pool.get().await?;
                let found =
                    segment_index::next_available(&mut conn, document.tenant_id, document.id, after, BATCH).await?;
                let children = children_of(&mut conn, document, &found).await?;
                (found, children)
            };
            let Some(last) = segments.last() else { return Ok(()) };
            after = last.position;
            let current = self.current(dataset).await?;
            let indexed = self.index_of(&current).put(document.doc_form, &segments, &children, true).await?;
            let mut conn = self.pool.get().await?;
            segment_index::describe(&mut conn, document.tenant_id, document.id, &indexed).await?;
            segment_summary::enable(&mut conn, document.tenant_id, &ids(&segments), true).await?;
        }
    }
}

pub(super) struct SegmentSync(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for SegmentSync {
    type Job = SyncSegments;

    async fn run(&self, job: SyncSegments, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a segment without a workspace")) };
        let (dataset, document, segments) = {
            let mut conn = self.0.pool.get().await?;
            let dataset = Dataset::find(&mut conn, tenant, job.dataset).await?;
            let document = Document::find(&mut conn, tenant, job.dataset, job.document).await?;
            (dataset, document, Segment::find_all(&mut conn, tenant, job.document, &job.segments).await?)
        };
        let (Some(dataset), Some(document)) = (dataset, document) else { return Ok(()) };
        let synced = self.0.sync_segments(&dataset, &document, &segments).await;
        match synced {
            Err(error) if context.is_last_attempt() => {
                tracing::error!(document.id = %document.id, error = %error, "segments could not be brought into or out of the index");
                let ids: Vec<SegmentId> = segments.iter().filter(|s| s.enabled).map(|segment| segment.id).collect();
                let changes = SegmentChanges {
                    enabled: Some(false),
                    disabled_at: Some(Some(chrono::Utc::now().naive_utc())),
                    status: Some(SegmentStatus::Error),
                    error: Some(Some(error.to_string().replace('\0', ""))),
                    ..SegmentChanges::default()
                };
                let mut conn = self.0.pool.get().await?;
                Segment::change_all(&mut conn, tenant, document.id, &ids, &changes).await?;
                Ok(())
            }
            other => other.map_err(IndexError::into_failure),
        }
    }
}

impl IndexingParts {
    async fn sync_segments(
        &self,
        dataset: &Dataset,
        document: &Document,
        segments: &[Segment],
    ) -> Result<(), IndexError> {
        let shown = document.enabled && !document.archived && document.indexing_status == IndexingStatus::Completed;
        let is_in = |segment: &Segment| shown && segment.enabled && segment.status == SegmentStatus::Completed;
        let (put, take): (Vec<Segment>, Vec<Segment>) = segments.iter().cloned().partition(is_in);
        let (put_children, take_children) = {
            let mut conn = self.pool.get().await?;
            (children_of(&mut conn, document, &put).await?, children_of(&mut conn, document, &take).await?)
        };
        let index = self.index_of(dataset);
        if !put.is_empty() {
            let indexed = index.put(document.doc_form, &put, &put_children, true).await?;
            {
                let mut conn = self.pool.get().await?;
                segment_index::describe(&mut conn, document.tenant_id, document.id, &indexed).await?;
                segment_summary::enable(&mut conn, document.tenant_id, &ids(&put), true).await?;
            }
            self.resume_summaries(dataset, document).await?;
        }
        let of_summaries = {
            let mut conn = self.pool.get().await?;
            segment_summary::enable(&mut conn, document.tenant_id, &ids(&take), false).await?;
            segment_summary::nodes(&mut conn, document.tenant_id, &ids(&take)).await?
        };
        let of_segments = take.iter().filter_map(|segment| segment.index_node_id.clone());
        let of_children = take_children.iter().filter_map(|child| child.index_node_id.clone());
        index.take(&of_segments.chain(of_children).chain(of_summaries).collect::<Vec<_>>()).await
    }
}
