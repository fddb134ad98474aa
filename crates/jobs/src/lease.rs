//! Keeping what runs, and taking what others let go.

use std::sync::Arc;

use models::db::DbError;
use models::job::{Claim, Expired};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::worker::Shared;

/// Renewals within one lease: two may fail before a job is lost.
const RENEWALS: u32 = 3;

pub(crate) async fn keep(shared: Arc<Shared>, ended: CancellationToken) {
    let mut beat = interval(shared.config.lease / RENEWALS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            _ = beat.tick() => {}
        }
        if let Err(e) = renew(&shared).await {
            shared.failed(&e);
            shared.stop_overdue();
        }
        match reap(&shared).await {
            Ok(true) => shared.wakes.all(),
            Ok(false) => {}
            Err(e) => shared.failed(&e),
        }
    }
}

async fn renew(shared: &Shared) -> Result<(), DbError> {
    let asked = shared.running();
    if asked.is_empty() {
        return Ok(());
    }
    let held = Claim::renew(&mut *shared.pool.get().await?, &shared.id, &asked, shared.config.lease).await?;
    shared.renewed(&asked, &held);
    Ok(())
}

/// Whether there is anything new to be claimed.
async fn reap(shared: &Shared) -> Result<bool, DbError> {
    let expired = Expired::reap(&mut *shared.pool.get().await?).await?;
    for job in &expired {
        metrics::counter!("ferrify_jobs_failed_total", "kind" => job.kind.clone()).increment(1);
        if job.dead {
            tracing::error!(job.id = %job.id, job.kind = %job.kind, "a job lost its worker once too often and became a dead letter");
        } else {
            tracing::warn!(job.id = %job.id, job.kind = %job.kind, "a job lost its worker and will be tried again");
        }
    }
    Ok(expired.iter().any(|job| !job.dead))
}
