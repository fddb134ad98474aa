//! The summary of a segment that a person changes.

use models::dataset::Dataset;
use models::db::AsyncConnection;
use models::document::Document;
use models::segment::Segment;
use models::segment_summary::{self, SegmentSummary};
use models::{DatasetId, SegmentId, summary_progress};

use super::change::index_fault;
use crate::indexing::{self, IndexError, SummarySetting, has_summaries, indexed_summaries};
use crate::knowledge::{Knowledge, KnowledgeError};

/// What becomes of a summary.
pub(super) enum SummaryChange {
    /// It stays; also where there can be none.
    None,
    /// A person takes it away.
    Remove,
    /// A person has written this one.
    Own(String),
    /// Its segment has another text now: the model is to write it anew.
    Renew,
}

impl Knowledge {
    /// What a change of a segment means for its summary. `edited`: its text is another one now; `given`: what the person
    /// says of the summary.
    pub(super) async fn summary_change(
        &self,
        dataset: &Dataset,
        document: &Document,
        segment: &Segment,
        edited: bool,
        given: Option<&str>,
    ) -> Result<SummaryChange, KnowledgeError> {
        if !has_summaries(dataset, document.doc_form) || (given.is_none() && !edited) {
            return Ok(SummaryChange::None);
        }
        let known = SegmentSummary::of(&mut *self.pool().get().await?, segment.tenant_id, segment.id).await?;
        let shown = known.as_ref().and_then(SegmentSummary::text).unwrap_or_default();
        // Forms send back what they were shown.
        let given = given.map(str::trim).filter(|given| *given != shown);
        Ok(match given {
            Some("") => SummaryChange::Remove,
            Some(own) => SummaryChange::Own(own.replace('\0', "")),
            None if edited && SummarySetting::of(dataset, document.doc_form).is_some() => {
                if known.is_some() || document.need_summary { SummaryChange::Renew } else { SummaryChange::None }
            }
            None => SummaryChange::None,
        })
    }

    /// Changes the row, and takes out of the index what is not true any more.
    pub(super) async fn begin_summary(
        &self,
        dataset: &Dataset,
        segment: &Segment,
        change: &SummaryChange,
    ) -> Result<(), KnowledgeError> {
        let (tenant, ids) = (segment.tenant_id, [segment.id]);
        match change {
            SummaryChange::None => Ok(()),
            SummaryChange::Own(text) => {
                // It takes the place of the old one in the index, too.
                let mut conn = self.pool().get().await?;
                summary_progress::write_own(&mut conn, segment, text).await?;
                Ok(())
            }
            SummaryChange::Remove => {
                let nodes = segment_summary::delete(&mut *self.pool().get().await?, tenant, &ids).await?;
                self.index_of(dataset).take(&nodes).await.map_err(index_fault)
            }
            SummaryChange::Renew => {
                // The old one goes first: a worker may be quick with the new one, which has the same id.
                let nodes = segment_summary::nodes(&mut *self.pool().get().await?, tenant, &ids).await?;
                self.index_of(dataset).take(&nodes).await.map_err(index_fault)?;
                let mut conn = self.pool().get().await?;
                conn.transaction(async |conn| {
                    summary_progress::renew(conn, tenant, segment.id).await?;
                    summary_progress::begin_for(conn, tenant, &ids).await?;
                    Ok(indexing::summarise(conn, tenant, &[segment.document_id]).await?)
                })
                .await
            }
        }
    }

    /// The summary of a segment that is switched off goes with it; under which ids the index may know it.
    pub(super) async fn hide_summary(&self, segment: &Segment) -> Result<Vec<String>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        segment_summary::enable(&mut conn, segment.tenant_id, &[segment.id], false).await?;
        Ok(segment_summary::nodes(&mut conn, segment.tenant_id, &[segment.id]).await?)
    }

    /// What is left to do about the summary of a segment that people find. `enabled`: it was switched on just now.
    pub(super) async fn show_summary(
        &self,
        dataset: &Dataset,
        document: &Document,
        segment: &Segment,
        change: &SummaryChange,
        enabled: bool,
    ) -> Result<(), KnowledgeError> {
        if enabled && has_summaries(dataset, document.doc_form) {
            let mut conn = self.pool().get().await?;
            segment_summary::enable(&mut conn, segment.tenant_id, &[segment.id], true).await?;
            // One that was not done goes on.
            indexing::summarise(&mut conn, segment.tenant_id, &[segment.document_id]).await?;
        }
        match change {
            SummaryChange::Own(_) => self.put_own_summary(dataset.id, segment).await,
            SummaryChange::None | SummaryChange::Remove | SummaryChange::Renew => Ok(()),
        }
    }

    /// Puts a person's summary into the index; where that fails it is tried again by a job.
    async fn put_own_summary(&self, dataset: DatasetId, segment: &Segment) -> Result<(), KnowledgeError> {
        let tenant = segment.tenant_id;
        let (dataset, summary) = {
            let mut conn = self.pool().get().await?;
            // The index may have been made for the segment a moment ago.
            let dataset = Dataset::find(&mut conn, tenant, dataset).await?.ok_or(KnowledgeError::NoSuchDataset)?;
            (dataset, SegmentSummary::of(&mut conn, tenant, segment.id).await?)
        };
        let Some(mut summary) = summary else { return Ok(()) };
        summary.summary_index_node_hash = summary.text().map(core_rag::chunk::content_hash);
        let rows = [summary];
        let put: Result<Vec<u32>, IndexError> = self.index_of(&dataset).put_summaries(&rows).await;
        let mut conn = self.pool().get().await?;
        match put {
            Ok(tokens) => {
                summary_progress::done(&mut conn, tenant, &indexed_summaries(&rows, &tokens)).await?;
            }
            Err(error) => {
                tracing::warn!(segment.id = %segment.id, error = %error, "a summary could not be put into the index; it is tried again");
                indexing::summarise(&mut conn, tenant, &[segment.document_id]).await?;
            }
        }
        Ok(())
    }

    /// New segments of a document whose segments have summaries get theirs.
    pub(super) async fn summarise_new(
        &self,
        dataset: &Dataset,
        document: &Document,
        new: &[SegmentId],
    ) -> Result<(), KnowledgeError> {
        if !document.need_summary || SummarySetting::of(dataset, document.doc_form).is_none() {
            return Ok(());
        }
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            summary_progress::begin_for(conn, document.tenant_id, new).await?;
            Ok(indexing::summarise(conn, document.tenant_id, &[document.id]).await?)
        })
        .await
    }
}
