//! Writing down how attempts ended, in batches.

use std::sync::Arc;
use std::time::Duration;

use models::db::DbError;
use models::job::Claim;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::worker::Shared;

const BATCH: usize = 128;
const PAUSE: Duration = Duration::from_millis(200);

/// The end of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Settlement {
    pub(crate) claim: Claim,
    pub(crate) verdict: Verdict,
}

#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    Done,
    Retry {
        after: Duration,
        error: String,
    },
    Bury {
        error: String,
    },
    /// Given back as if it had never been claimed.
    Release,
}

/// Settles until the worker has ended and nothing waits any more.
pub(crate) async fn keep_settling(
    shared: Arc<Shared>,
    mut settlements: mpsc::Receiver<Settlement>,
    ended: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let received = tokio::select! {
            biased;
            received = settlements.recv_many(&mut batch, BATCH) => received,
            () = ended.cancelled() => 0,
        };
        if received == 0 {
            return;
        }
        settle(&shared, &mut batch).await;
    }
}

/// Tries again while the leases last. After that the jobs are another worker's, and run again.
async fn settle(shared: &Shared, batch: &mut Vec<Settlement>) {
    let begun = Instant::now();
    loop {
        match write(shared, batch).await {
            Ok(()) => {
                shared.succeeded();
                return batch.clear();
            }
            Err(e) => shared.failed(&e),
        }
        if begun.elapsed() > shared.config.lease {
            tracing::error!(jobs = batch.len(), "finished jobs could not be settled; they will be run again");
            return batch.clear();
        }
        sleep(PAUSE).await;
    }
}

/// Each settlement is harmless when repeated: the claim is gone after the first time.
async fn write(shared: &Shared, batch: &[Settlement]) -> Result<(), DbError> {
    let mut conn = shared.pool.get().await?;
    let (mut done, mut released) = (Vec::new(), Vec::new());
    for Settlement { claim, verdict } in batch {
        match verdict {
            Verdict::Done => done.push(*claim),
            Verdict::Release => released.push(*claim),
            Verdict::Retry { after, error } => drop(claim.retry(&mut conn, &shared.id, *after, error).await?),
            Verdict::Bury { error } => drop(claim.bury(&mut conn, &shared.id, error).await?),
        }
    }
    if !done.is_empty() {
        Claim::done(&mut conn, &shared.id, &done).await?;
    }
    if !released.is_empty() {
        Claim::release(&mut conn, &shared.id, &released).await?;
    }
    Ok(())
}
