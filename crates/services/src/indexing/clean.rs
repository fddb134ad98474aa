//! Removing what belonged to segments, documents and datasets whose rows are gone.
//!
//! The index first, then rows, then files: rows lead to files, and an index that does not answer keeps nothing else
//! from going but what leads to it.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Context, Failure, Handler};
use models::dataset::Dataset;
use models::dataset_binding::CollectionBinding;
use models::document_purge::{self, Leftovers};
use models::upload_file::UploadFile;
use models::{DatasetId, TenantId, UploadFileId, segment_keyword};
use storage::StorageError;

use super::jobs::{CleanDataset, CleanDocuments, TakeNodes};
use super::{IndexError, IndexingParts};

/// Rows per statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

pub(super) struct NodeTaker(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for NodeTaker {
    type Job = TakeNodes;

    async fn run(&self, job: TakeNodes, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("nodes without a workspace")) };
        let dataset = {
            let mut conn = self.0.pool.get().await?;
            Dataset::find(&mut conn, tenant, job.dataset).await?
        };
        // A dataset that is gone is cleaned as a whole.
        let Some(dataset) = dataset else { return Ok(()) };
        self.0.index_of(&dataset).take(&job.nodes).await.map_err(IndexError::into_failure)
    }
}

pub(super) struct DocumentCleaner(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for DocumentCleaner {
    type Job = CleanDocuments;

    async fn run(&self, job: CleanDocuments, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("documents without a workspace")) };
        let parts = &self.0;
        let dataset = {
            let mut conn = parts.pool.get().await?;
            Dataset::find(&mut conn, tenant, job.dataset).await?
        };
        for document in job.documents {
            if let Some(dataset) = &dataset {
                parts.index_of(dataset).take_document(document).await.map_err(IndexError::into_failure)?;
            }
            while {
                let mut conn = parts.pool.get().await?;
                document_purge::of_document(&mut conn, tenant, document, BATCH).await? > 0
            } {
                if context.stop_token().is_cancelled() {
                    return Err(Failure::Interrupted);
                }
            }
            let leftovers = {
                let mut conn = parts.pool.get().await?;
                document_purge::rest_of_document(&mut conn, tenant, document).await?
            };
            parts.drop_files(tenant, &leftovers.files).await.map_err(IndexError::into_failure)?;
        }
        parts.drop_files(tenant, &job.files).await.map_err(IndexError::into_failure)
    }
}

pub(super) struct DatasetCleaner(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for DatasetCleaner {
    type Job = CleanDataset;

    async fn run(&self, job: CleanDataset, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a dataset without a workspace")) };
        let parts = &self.0;
        let dropped = parts.drop_vectors(&job).await;
        {
            let mut conn = parts.pool.get().await?;
            segment_keyword::delete_dataset(&mut conn, job.dataset.0).await?;
        }
        while let Some(leftovers) = parts.step(tenant, job.dataset).await.map_err(IndexError::into_failure)? {
            parts.drop_files(tenant, &leftovers.files).await.map_err(IndexError::into_failure)?;
            if context.stop_token().is_cancelled() {
                return Err(Failure::Interrupted);
            }
        }
        // Last: a store that is down keeps nothing else from going.
        dropped.map_err(IndexError::into_failure)?;
        tracing::info!(dataset.id = %job.dataset, "removed what belonged to a deleted dataset");
        Ok(())
    }
}

impl IndexingParts {
    async fn drop_vectors(&self, job: &CleanDataset) -> Result<(), IndexError> {
        if job.index_struct.is_none() {
            return Ok(());
        }
        let binding = match job.collection_binding {
            Some(id) => CollectionBinding::find(&mut *self.pool.get().await?, id).await?,
            None => None,
        };
        let binding = binding.as_ref().map(|binding| binding.collection_name.as_str());
        let index_struct = job.index_struct.as_deref();
        let collection = self.stores.collection(job.dataset.0, index_struct, binding, 0);
        Ok(self.stores.of_dataset(index_struct)?.drop_collection(&collection).await?)
    }

    /// Removes some of a dataset's rows; `None` when there is nothing left.
    async fn step(&self, tenant: TenantId, dataset: DatasetId) -> Result<Option<Leftovers>, IndexError> {
        let mut conn = self.pool.get().await?;
        Ok(document_purge::of_dataset(&mut conn, tenant, dataset, BATCH).await?)
    }

    /// Removes files of the workspace, bytes before rows.
    async fn drop_files(&self, tenant: TenantId, ids: &[UploadFileId]) -> Result<(), IndexError> {
        if ids.is_empty() {
            return Ok(());
        }
        let files = {
            let mut conn = self.pool.get().await?;
            UploadFile::find_all(&mut conn, tenant, ids).await?
        };
        for file in files {
            match self.storage.delete(&file.key).await {
                Ok(()) | Err(StorageError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut conn = self.pool.get().await?;
        Ok(UploadFile::delete_all(&mut conn, tenant, ids).await?)
    }
}
