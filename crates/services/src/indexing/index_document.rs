//! One document's way to the index.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Context, Failure, Handler};
use models::dataset::Dataset;
use models::document::Document;
use models::{IndexingStatus, TenantId, document_progress};
use tokio_util::sync::CancellationToken;

use super::fault::Cure;
use super::jobs::{IndexDocument, PATIENT_ATTEMPTS};
use super::{IndexError, IndexingParts};

pub(super) struct Indexer(pub Arc<IndexingParts>);

#[async_trait]
impl Handler for Indexer {
    type Job = IndexDocument;

    async fn run(&self, job: IndexDocument, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a document without a workspace")) };
        let parts = &self.0;
        let document = {
            let mut conn = parts.pool.get().await?;
            document_progress::in_work(&mut conn, tenant, job.document).await?
        };
        let Some(document) = document else { return Ok(()) };
        let ended = parts.bring(tenant, &document, context.stop_token()).await;
        parts.settle(tenant, &document, ended, is_patience_over(context)).await
    }
}

/// Whether a fault that may pass ends the document now.
pub(super) fn is_patience_over(context: &Context) -> bool {
    context.is_last_attempt() || context.attempt() >= PATIENT_ATTEMPTS
}

impl IndexingParts {
    /// From wherever the document is to the index.
    async fn bring(&self, tenant: TenantId, document: &Document, stop: &CancellationToken) -> Result<(), IndexError> {
        let dataset = {
            let mut conn = self.pool.get().await?;
            Dataset::find(&mut conn, tenant, document.dataset_id).await?
        };
        let Some(dataset) = dataset else { return Err(IndexError::Overtaken) };
        if document.indexing_status != IndexingStatus::Indexing {
            self.write(&dataset, document, stop).await?;
        }
        self.load(&dataset, document, stop).await
    }

    /// What is to become of the job, and of a document that cannot be indexed.
    pub(super) async fn settle(
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
        if let (Cure::Later(after), false) = (error.cure(), last) {
            tracing::info!(document.id = %document.id, error = %error, "a document is tried again later");
            return Err(match after {
                Some(after) => Failure::retry_after(after, error),
                None => Failure::retry(error),
            });
        }
        tracing::info!(document.id = %document.id, error = %error, "a document cannot be indexed");
        let mut conn = self.pool.get().await?;
        // Postgres refuses this character in text.
        let text = error.to_string().replace('\0', "");
        document_progress::failed(&mut conn, tenant, document.id, &text).await?;
        Ok(())
    }
}
