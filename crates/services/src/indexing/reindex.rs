//! Building the index of a dataset anew, in another technique or by another model.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Context, Failure, Handler};
use models::dataset::{Dataset, DatasetChanges};
use models::db::{AsyncConnection, QueryError};
use models::{document_progress, segment_index};

use super::index_document::is_patience_over;
use super::jobs::{RebuildDataset, ReindexDocument};
use super::{IndexError, IndexingParts};

pub(super) struct Rebuilder(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for Rebuilder {
    type Job = RebuildDataset;

    async fn run(&self, job: RebuildDataset, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a dataset without a workspace")) };
        let parts = &self.0;
        let dataset = {
            let mut conn = parts.pool.get().await?;
            Dataset::find(&mut conn, tenant, job.dataset).await?
        };
        let Some(dataset) = dataset else { return Ok(()) };
        parts.index_of(&dataset).clear().await.map_err(IndexError::into_failure)?;
        let mut conn = parts.pool.get().await?;
        let begun: Result<(), QueryError> = conn
            .transaction(async |conn| {
                // The new vectors may belong elsewhere, and have other dimensions.
                let forget = DatasetChanges { index_struct: Some(None), ..DatasetChanges::default() };
                Dataset::change(conn, tenant, dataset.id, &forget).await?;
                let documents = document_progress::reindexing(conn, tenant, dataset.id).await?;
                let jobs: Vec<_> = documents.into_iter().map(|document| ReindexDocument { document }).collect();
                jobs::enqueue_all(conn, Some(tenant), &jobs, jobs::Options::default()).await.map(drop)
            })
            .await;
        Ok(begun?)
    }
}

pub(super) struct Reindexer(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for Reindexer {
    type Job = ReindexDocument;

    async fn run(&self, job: ReindexDocument, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a document without a workspace")) };
        let parts = &self.0;
        let (document, dataset) = {
            let mut conn = parts.pool.get().await?;
            let Some(document) = document_progress::in_work(&mut conn, tenant, job.document).await? else {
                return Ok(());
            };
            let Some(dataset) = Dataset::find(&mut conn, tenant, document.dataset_id).await? else { return Ok(()) };
            (document, dataset)
        };
        let work = async {
            parts.put_document(&dataset, &document, context.stop_token()).await?;
            let tokens = {
                let mut conn = parts.pool.get().await?;
                // It was on its first way into the index, and its own job ends that.
                if segment_index::unfinished(&mut conn, tenant, document.id).await? {
                    return Ok(());
                }
                segment_index::tokens(&mut conn, tenant, document.id).await?
            };
            parts.complete(&document, i32::try_from(tokens).unwrap_or(i32::MAX)).await?;
            Ok::<(), IndexError>(())
        };
        let ended = work.await;
        parts.settle(tenant, &document, ended, is_patience_over(context)).await
    }
}
