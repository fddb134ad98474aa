//! What a handler knows of the attempt that it makes.

use models::db::Pool;
use models::job::Claim;
use models::{JobId, TenantId};
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Progress is for people: nobody reads faster.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// One attempt of a job.
pub struct Context {
    pub(crate) pool: Pool,
    pub(crate) worker: Arc<str>,
    pub(crate) claim: Claim,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) last: bool,
    pub(crate) stop: CancellationToken,
    pub(crate) reported: Mutex<Option<Instant>>,
}

impl Context {
    #[must_use]
    pub fn id(&self) -> JobId {
        self.claim.id
    }

    /// The workspace it was added for.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// 1 for the first.
    #[must_use]
    pub fn attempt(&self) -> u16 {
        u16::try_from(self.claim.attempt).unwrap_or(u16::MAX)
    }

    /// Whether a failure of this attempt makes it a dead letter.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.last
    }

    /// Cancelled when the job was cancelled, when its lease was lost, and when the process ends. Long work looks at it
    /// between steps and returns [`crate::Failure::Interrupted`]; short work need not.
    #[must_use]
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Says how far the job is, at most once a second; calls between are left out. A failure is logged only: the job
    /// matters more.
    pub async fn progress(&self, progress: &(impl Serialize + Sync)) {
        {
            let mut reported = self.reported.lock();
            if reported.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
                return;
            }
            *reported = Some(Instant::now());
        }
        let written = async {
            let value = serde_json::to_value(progress).map_err(|e| e.to_string())?;
            let mut conn = self.pool.get().await.map_err(|e| e.to_string())?;
            self.claim.progress(&mut conn, &self.worker, &value).await.map_err(|e| e.to_string())
        };
        if let Err(reason) = written.await {
            tracing::warn!(job.id = %self.claim.id, error = %reason, "the progress of a job could not be stored");
        }
    }
}
