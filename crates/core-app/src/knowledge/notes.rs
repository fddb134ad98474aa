//! What was asked of datasets and what was found, written off the path of answers and many at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use models::dataset_query::DatasetQuery;
use models::db::{DbError, Pool};
use models::{SegmentId, TenantId, segment_index};
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;

/// How long notes wait for others.
const GATHERED_FOR: Duration = Duration::from_millis(500);
/// More than this waits for nobody's database; what comes then is not noted.
const MOST_WAITING: usize = 10_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct QueryNotes {
    pool: Pool,
    /// A shutdown waits for what is written here.
    tasks: TaskTracker,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    queries: Vec<DatasetQuery>,
    hits: HashMap<(TenantId, SegmentId), i32>,
    /// Whether somebody will write them.
    expected: bool,
}

impl QueryNotes {
    pub fn new(pool: Pool, tasks: TaskTracker) -> Self {
        Self { pool, tasks, waiting: Arc::default() }
    }

    /// Notes queries and counts hits, soon.
    pub fn note(&self, tenant: TenantId, queries: Vec<DatasetQuery>, found: impl Iterator<Item = SegmentId>) {
        {
            let mut waiting = self.waiting.lock();
            if waiting.queries.len() >= MOST_WAITING || waiting.hits.len() >= MOST_WAITING {
                tracing::warn!("queries are not noted: those before them are not written yet");
                return;
            }
            waiting.queries.extend(queries);
            for segment in found {
                *waiting.hits.entry((tenant, segment)).or_default() += 1;
            }
            if std::mem::replace(&mut waiting.expected, true) {
                return;
            }
        }
        let this = self.clone();
        self.tasks.spawn(async move {
            tokio::time::sleep(GATHERED_FOR).await;
            let Waiting { queries, hits, .. } = std::mem::take(&mut *this.waiting.lock());
            if let Err(error) = this.write(&queries, hits).await {
                tracing::warn!(queries = queries.len(), error = %error, "queries of datasets could not be noted");
            }
        });
    }

    async fn write(&self, queries: &[DatasetQuery], hits: HashMap<(TenantId, SegmentId), i32>) -> Result<(), DbError> {
        let mut conn = self.pool.get().await?;
        // A row has eight values, and a statement takes 65,535.
        for some in queries.chunks(5_000) {
            DatasetQuery::insert_all(&mut conn, some).await?;
        }
        // In one order, so that two processes do not wait for each other's rows.
        let mut hits: Vec<(TenantId, SegmentId, i32)> = hits.into_iter().map(|((t, s), n)| (t, s, n)).collect();
        hits.sort_by_key(|(_, segment, _)| segment.0);
        Ok(segment_index::add_hits(&mut conn, &hits).await?)
    }
}
