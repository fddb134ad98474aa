//! When keys were last used, written now and then and for many keys at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use models::ApiTokenId;
use models::api_token::ApiToken;
use models::db::{DbError, Pool};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A key's time is written at most so often.
const GRAIN: Duration = Duration::from_secs(60);
const FLUSH_EVERY: Duration = Duration::from_secs(10);

/// Collects uses. Cheap to clone.
#[derive(Clone, Default)]
pub struct LastUsed(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    written: HashMap<ApiTokenId, Instant>,
    waiting: HashSet<ApiTokenId>,
}

impl LastUsed {
    /// A key was used now.
    pub(super) fn note(&self, id: ApiTokenId) {
        let mut noted = self.0.lock();
        if noted.written.get(&id).is_none_or(|at| at.elapsed() >= GRAIN) {
            noted.written.insert(id, Instant::now());
            noted.waiting.insert(id);
        }
    }

    /// Spawns the task that writes the times.
    pub fn spawn_background(&self, pool: Pool, tasks: &TaskTracker, shutdown: CancellationToken) {
        let noted = self.clone();
        tasks.spawn(async move {
            loop {
                let last = shutdown.run_until_cancelled(tokio::time::sleep(FLUSH_EVERY)).await.is_none();
                noted.flush(&pool).await;
                if last {
                    return;
                }
            }
        });
    }

    async fn flush(&self, pool: &Pool) {
        let ids: Vec<ApiTokenId> = {
            let mut noted = self.0.lock();
            noted.written.retain(|_, at| at.elapsed() < GRAIN);
            noted.waiting.drain().collect()
        };
        if ids.is_empty() {
            return;
        }
        let written: Result<(), DbError> = async {
            ApiToken::touch(&mut *pool.get().await?, &ids, Utc::now().naive_utc()).await?;
            Ok(())
        }
        .await;
        if let Err(error) = written {
            // The next use of each key writes a newer time.
            tracing::warn!(error = %error, keys = ids.len(), "could not write when API keys were last used");
        }
    }
}
