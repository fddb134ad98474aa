//! Making the summaries by which segments are found, too.
//!
//! Every segment has a row of its own ([`models::summary_progress`]). A text is kept in it as soon as the model has
//! written it, and the row is done when its vector is in the index: a worker that dies loses at most the replies that
//! were on their way, and makes nothing twice. What a model refuses is told in the row; a fault that may pass brings the
//! job back.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use core_model_runtime::InvokeError;
use core_rag::chunk::content_hash;
use futures::{StreamExt, stream};
use jobs::{Context, Failure, Handler};
use models::dataset::Dataset;
use models::document::Document;
use models::segment::Segment;
use models::segment_summary::{SegmentSummary, SummaryStatus};
use models::summary_progress::{self, Indexed, Refused, Written};
use models::{IndexingStatus, TenantId, document_progress};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fault::Cure;
use super::index_document::is_patience_over;
use super::jobs::{SummariseDocument, summarise};
use super::summariser::{Summariser, SummarySetting, has_summaries};
use super::{DatasetIndex, IndexError, IndexingParts};

/// Segments of one document that a model is asked about at the same time.
const AT_ONCE: usize = 5;
/// Summaries that are put into the index together.
const BATCH: i64 = 20;
/// Rounds in which nothing comes of anything, because others change the segments all the time.
const IDLE_ROUNDS: usize = 10;

pub(super) struct SummaryMaker(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for SummaryMaker {
    type Job = SummariseDocument;

    async fn run(&self, job: SummariseDocument, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a document without a workspace")) };
        let document = {
            let mut conn = self.0.pool.get().await?;
            Document::of_tenant(&mut conn, tenant, &[job.document]).await?.pop()
        };
        let Some(document) = document else { return Ok(()) };
        let ended = self.0.summarise(&document, context.stop_token()).await;
        self.0.settle_summaries(tenant, &document, ended, is_patience_over(context)).await
    }
}

/// A text that no summary was made of yet.
struct Missing {
    id: Uuid,
    content: String,
    hash: Option<String>,
}

impl Missing {
    async fn asked(self, summariser: &Summariser) -> (Self, Result<String, IndexError>) {
        let reply = summariser.summarise(&self.content).await;
        (self, reply)
    }
}

/// A document as it is now, with its dataset.
struct Present {
    dataset: Dataset,
    document: Document,
}

impl IndexingParts {
    /// Everything of a document is in the index; whether nobody else had ended its way. Where summaries are wanted, their
    /// making begins.
    pub(super) async fn complete(&self, document: &Document, tokens: i32) -> Result<bool, IndexError> {
        use models::db::AsyncConnection;
        let (tenant, id) = (document.tenant_id, document.id);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let moved = document_progress::completed(conn, tenant, id, tokens).await?;
            if moved
                && let Some(document) = Document::of_tenant(conn, tenant, &[id]).await?.pop()
                && document.need_summary
                && let Some(dataset) = Dataset::find(conn, tenant, document.dataset_id).await?
                && SummarySetting::of(&dataset, document.doc_form).is_some()
            {
                summary_progress::begin(conn, tenant, &[id]).await?;
                summarise(conn, tenant, &[id]).await?;
            }
            Ok(moved)
        })
        .await
    }

    /// The document, while its segments can be found by summaries.
    async fn present(&self, document: &Document) -> Result<Option<Present>, IndexError> {
        let mut conn = self.pool.get().await?;
        let document = Document::of_tenant(&mut conn, document.tenant_id, &[document.id]).await?.pop();
        let Some(document) = document else { return Ok(None) };
        // One that is on its way into the index is taken up when it is there, one that is disabled when it is enabled.
        if document.indexing_status != IndexingStatus::Completed || !document.enabled || document.archived {
            return Ok(None);
        }
        let dataset = Dataset::find(&mut conn, document.tenant_id, document.dataset_id).await?;
        Ok(dataset
            .filter(|dataset| has_summaries(dataset, document.doc_form))
            .map(|dataset| Present { dataset, document }))
    }

    /// Makes every summary of a document that is not done.
    async fn summarise(&self, document: &Document, stop: &CancellationToken) -> Result<(), IndexError> {
        let (tenant, id) = (document.tenant_id, document.id);
        let mut idle = 0;
        while idle < IDLE_ROUNDS {
            if stop.is_cancelled() {
                return Err(IndexError::Interrupted);
            }
            let Some(Present { dataset, document }) = self.present(document).await? else { return Ok(()) };
            let setting = SummarySetting::of(&dataset, document.doc_form);
            let batch = {
                let mut conn = self.pool.get().await?;
                if setting.is_none() {
                    summary_progress::forget_unwritten(&mut conn, tenant, id).await?;
                }
                let batch = summary_progress::next(&mut conn, tenant, id, BATCH).await?;
                let ids: Vec<Uuid> = batch.iter().map(|(row, _)| row.id).collect();
                summary_progress::start(&mut conn, &ids).await?;
                batch
            };
            if batch.is_empty() {
                return Ok(());
            }
            let refused = match setting {
                Some(setting) => {
                    let language = document.doc_language.as_deref();
                    let summariser = Summariser::new(&self.models, tenant, &setting, language).await?;
                    self.write_summaries(&summariser, tenant, &batch).await?
                }
                None => 0,
            };
            let done = self.index_summaries(&dataset, &document, &batch).await?;
            idle = if refused + done > 0 { 0 } else { idle + 1 };
        }
        tracing::warn!(document.id = %id, "segments change faster than summaries of them are made");
        Ok(())
    }

    /// Has the model write what is missing, and keeps each text as it comes; how many of them it refuses.
    async fn write_summaries(
        &self,
        summariser: &Summariser,
        tenant: TenantId,
        batch: &[(SegmentSummary, Segment)],
    ) -> Result<usize, IndexError> {
        let missing: Vec<Missing> = batch
            .iter()
            .filter(|(row, _)| row.text().is_none())
            .map(|(row, segment)| Missing {
                id: row.id,
                content: segment.content.clone(),
                hash: segment.index_node_hash.clone(),
            })
            .collect();
        let asked = stream::iter(missing).map(|missing| missing.asked(summariser));
        let mut replies = asked.buffer_unordered(AT_ONCE).ready_chunks(AT_ONCE);
        let mut all_refused = 0;
        while let Some(replies) = replies.next().await {
            let (mut written, mut refused, mut fault) = (Vec::new(), Vec::new(), None);
            for (missing, reply) in replies {
                match reply {
                    Ok(text) => written.push(Written { id: missing.id, of: missing.hash, text }),
                    Err(error) if is_of_one(&error) => refused.push(Refused { id: missing.id, error: told(&error) }),
                    Err(error) => fault = Some(error),
                }
            }
            all_refused += refused.len();
            let mut conn = self.pool.get().await?;
            summary_progress::write(&mut conn, tenant, &written).await?;
            summary_progress::fail(&mut conn, &refused).await?;
            if let Some(fault) = fault {
                return Err(fault);
            }
        }
        Ok(all_refused)
    }

    /// Puts the texts of a batch into the index; how many are done. What nobody wants there any more is taken out again.
    async fn index_summaries(
        &self,
        dataset: &Dataset,
        document: &Document,
        batch: &[(SegmentSummary, Segment)],
    ) -> Result<usize, IndexError> {
        let tenant = document.tenant_id;
        let ids: Vec<Uuid> = batch.iter().map(|(row, _)| row.id).collect();
        let mut rows = SegmentSummary::find_all(&mut *self.pool.get().await?, document.id, &ids).await?;
        rows.retain(|row| row.status == SummaryStatus::Generating && row.text().is_some());
        for row in &mut rows {
            row.summary_index_node_hash = row.text().map(content_hash);
        }
        let index = self.index_of(dataset);
        let done = indexed(&rows, &index.put_summaries(&rows).await?);
        let moved: HashSet<Uuid> = {
            let mut conn = self.pool.get().await?;
            summary_progress::done(&mut conn, tenant, &done).await?.into_iter().collect()
        };
        rows.retain(|row| !moved.contains(&row.id));
        if !rows.is_empty() {
            self.put_right(&index, document, rows).await?;
        }
        Ok(moved.len())
    }

    /// Rows that were changed while their old texts were put.
    async fn put_right(
        &self,
        index: &DatasetIndex<'_>,
        document: &Document,
        rows: Vec<SegmentSummary>,
    ) -> Result<(), IndexError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let (is_there, now) = {
            let mut conn = self.pool.get().await?;
            let dataset = Dataset::find(&mut conn, index.dataset.tenant_id, index.dataset.id).await?;
            (dataset.is_some(), SegmentSummary::find_all(&mut conn, document.id, &ids).await?)
        };
        if !is_there {
            // Its index may have been made anew by this very batch, after it was dropped.
            return index.drop_all().await;
        }
        // A person has written another one, which is in the index by now: under the same id.
        let (own, _) = now.into_iter().partition::<Vec<_>, _>(|row| row.status == SummaryStatus::Completed);
        index.put_summaries(&own).await?;
        let kept: HashSet<Uuid> = own.into_iter().map(|row| row.id).collect();
        let gone = rows.into_iter().filter(|row| !kept.contains(&row.id)).filter_map(|row| row.summary_index_node_id);
        index.take(&gone.collect::<Vec<_>>()).await
    }

    /// What is to become of the job, and of summaries that cannot be made.
    async fn settle_summaries(
        &self,
        tenant: TenantId,
        document: &Document,
        ended: Result<(), IndexError>,
        last: bool,
    ) -> Result<(), Failure> {
        let error = match ended {
            Ok(()) | Err(IndexError::Overtaken) => return Ok(()),
            Err(IndexError::Interrupted) => return Err(Failure::Interrupted),
            Err(error) => error,
        };
        if let (Cure::Later(_), false) = (error.cure(), last) {
            tracing::info!(document.id = %document.id, error = %error, "summaries of a document are tried again later");
            return Err(error.into_failure());
        }
        tracing::info!(document.id = %document.id, error = %error, "summaries of a document cannot be made");
        let mut conn = self.pool.get().await?;
        Ok(summary_progress::fail_all(&mut conn, tenant, document.id, &told(&error)).await?)
    }
}

/// Postgres refuses this character in text.
fn told(error: &IndexError) -> String {
    error.to_string().replace('\0', "")
}

/// Whether it is this text that the model refuses, and not any.
fn is_of_one(error: &IndexError) -> bool {
    matches!(error, IndexError::Document(_) | IndexError::Invoke(InvokeError::BadRequest { .. }))
}

/// What to note of summaries that are in the index, `tokens` being what each of them counts.
pub(crate) fn indexed(rows: &[SegmentSummary], tokens: &[u32]) -> Vec<Indexed> {
    let tokens = tokens.iter().copied().chain(std::iter::repeat(0));
    let of = |(row, tokens): (&SegmentSummary, u32)| {
        let text = row.text()?.to_owned();
        let tokens = i32::try_from(tokens).unwrap_or(i32::MAX);
        Some(Indexed { id: row.id, hash: content_hash(&text), text, tokens })
    };
    rows.iter().zip(tokens).filter_map(of).collect()
}
