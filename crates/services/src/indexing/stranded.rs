//! Documents that are on their way to the index and that no job moves on.

use std::sync::Arc;

use async_trait::async_trait;
use jobs::{Context, Failure, Handler, InvalidSchedule, Job, Schedule};
use models::{document_progress, summary_progress};

use super::IndexingParts;
use super::jobs::{FindStranded, IndexDocument, ReindexDocument, SummariseDocument, index, summarise};

const AT_ONCE: i64 = 500;

pub(super) struct Searcher(pub Arc<IndexingParts>);

/// When they are looked for.
///
/// # Errors
/// Never in practice: the expression is fixed.
pub fn schedule() -> Result<Schedule, InvalidSchedule> {
    Schedule::new("stranded_documents", "*/5 * * * *", &FindStranded {})
}

#[async_trait]
impl Handler for Searcher {
    type Job = FindStranded;

    async fn run(&self, _job: FindStranded, _context: &Context) -> Result<(), Failure> {
        let mut conn = self.0.pool.get().await?;
        let kinds = [IndexDocument::KIND, ReindexDocument::KIND];
        for stranded in document_progress::stranded(&mut conn, &kinds, AT_ONCE).await? {
            match stranded.given_up {
                Some(reason) => {
                    tracing::warn!(document.id = %stranded.id, reason, "a document was given up");
                    document_progress::failed(&mut conn, stranded.tenant_id, stranded.id, &reason).await?;
                }
                None => {
                    tracing::info!(document.id = %stranded.id, "a document that nobody moved on is taken up");
                    index(&mut conn, stranded.tenant_id, &[stranded.id]).await?;
                }
            }
        }
        for stranded in summary_progress::stranded(&mut conn, SummariseDocument::KIND, AT_ONCE).await? {
            match stranded.given_up {
                Some(reason) => {
                    tracing::warn!(document.id = %stranded.id, reason, "summaries of a document were given up");
                    summary_progress::fail_all(&mut conn, stranded.tenant_id, stranded.id, &reason).await?;
                }
                None => {
                    tracing::info!(document.id = %stranded.id, "summaries that nobody went on with are taken up");
                    summarise(&mut conn, stranded.tenant_id, &[stranded.id]).await?;
                }
            }
        }
        Ok(())
    }
}
