//! How much waits, for Prometheus.

use std::sync::Arc;

use models::db::DbError;
use models::job::{Backlog, backlog};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::worker::Shared;

pub(crate) async fn keep(shared: Arc<Shared>, queues: Vec<&'static str>, ended: CancellationToken) {
    let mut turn = interval(shared.config.measure);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            _ = turn.tick() => {}
        }
        match measure(&shared).await {
            Ok(found) => show(&queues, &found),
            Err(e) => shared.failed(&e),
        }
    }
}

async fn measure(shared: &Shared) -> Result<Vec<Backlog>, DbError> {
    Ok(backlog(&mut *shared.pool.get().await?).await?)
}

/// Queues that are not listed have nothing due; a queue without a worker is shown as well.
fn show(queues: &[&'static str], found: &[Backlog]) {
    for queue in queues.iter().filter(|queue| found.iter().all(|b| b.queue != **queue)) {
        set(queue, 0.0, 0.0);
    }
    for line in found {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        set(&line.queue, line.ready as f64, line.oldest_seconds);
    }
}

fn set(queue: &str, ready: f64, oldest: f64) {
    metrics::gauge!("ferrify_jobs_ready", "queue" => queue.to_owned()).set(ready);
    metrics::gauge!("ferrify_jobs_oldest_seconds", "queue" => queue.to_owned()).set(oldest);
}
