//! Taking jobs from one queue, as many as there are free slots.

use std::sync::Arc;

use models::db::DbError;
use models::job::{ClaimedJob, Demand};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::back_off;
use crate::run;
use crate::worker::Shared;

/// Most jobs that one statement takes.
const BATCH: usize = 32;

/// One queue and its slots.
pub(crate) struct Line {
    pub(crate) queue: &'static str,
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) jobs: TaskTracker,
}

impl Line {
    /// One free slot, waited for, and those that are free beside it.
    async fn free_slots(&self) -> Vec<OwnedSemaphorePermit> {
        let mut permits: Vec<_> = Arc::clone(&self.slots).acquire_owned().await.into_iter().collect();
        while permits.len() < BATCH
            && let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned()
        {
            permits.push(permit);
        }
        permits
    }
}

pub(crate) async fn keep_claiming(shared: Arc<Shared>, line: Line, shutdown: CancellationToken) {
    let wake = shared.wakes.of(line.queue);
    loop {
        let Some(permits) = shutdown.run_until_cancelled(line.free_slots()).await else { return };
        // Not cut short by a stop signal: what is claimed must be run or given back.
        let claimed = match claim(&shared, &line, permits.len()).await {
            Ok(claimed) => {
                shared.succeeded();
                claimed
            }
            Err(e) => {
                shared.failed(&e);
                Vec::new()
            }
        };
        let more = claimed.len() == permits.len();
        for (job, permit) in claimed.into_iter().zip(permits) {
            line.jobs.spawn(run::attempt(Arc::clone(&shared), job, permit));
        }
        if more {
            continue;
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = wake.notified() => {}
            () = sleep(back_off::spread(shared.config.poll)) => {}
        }
    }
}

async fn claim(shared: &Shared, line: &Line, free: usize) -> Result<Vec<ClaimedJob>, DbError> {
    let demand = Demand {
        queue: line.queue,
        kinds: &line.kinds,
        limit: i64::try_from(free).unwrap_or(1),
        worker: &shared.id,
        lease: shared.config.lease,
    };
    Ok(ClaimedJob::claim(&mut *shared.pool.get().await?, &demand).await?)
}
