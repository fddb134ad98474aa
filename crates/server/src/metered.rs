//! The metrics recorder of the process, and the figures that are read rather than counted.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use telemetry::Metrics;
use tokio_util::sync::CancellationToken;

use crate::boot::StartError;
use crate::parts::Parts;

/// The process's recorder, installed at the first call. Several servers of one process may start at once: the lock is
/// held over the installation, so that one installs it and the others find it.
pub(crate) fn recorder() -> Result<Metrics, StartError> {
    static RECORDER: Mutex<Option<Metrics>> = Mutex::new(None);
    let mut installed = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(metrics) = &*installed {
        return Ok(metrics.clone());
    }
    let metrics = telemetry::init_metrics().map_err(|e| StartError::Setup(e.to_string()))?;
    *installed = Some(metrics.clone());
    Ok(metrics)
}

/// Keeps gauges and the recorder up to date.
pub(crate) async fn keep_measuring(metrics: Metrics, parts: Parts, stop: CancellationToken) {
    let tidy = tokio::spawn(metrics.keep_tidy());
    let mut every = tokio::time::interval(Duration::from_secs(1));
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        #[expect(clippy::cast_precision_loss, reason = "pools are small")]
        metrics::gauge!("ferrify_db_pool_in_use").set(parts.pool.in_use() as f64);
    }
    tidy.abort();
}
