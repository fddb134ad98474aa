//! The metrics recorder of the process, and the figures that are read rather than counted.

use std::sync::OnceLock;
use std::time::Duration;

use telemetry::Metrics;
use tokio_util::sync::CancellationToken;

use crate::boot::StartError;
use crate::parts::Parts;

/// The process's recorder, installed at the first call.
pub(crate) fn recorder() -> Result<Metrics, StartError> {
    static RECORDER: OnceLock<Metrics> = OnceLock::new();
    if let Some(metrics) = RECORDER.get() {
        return Ok(metrics.clone());
    }
    let metrics = telemetry::init_metrics().map_err(|e| StartError::Setup(e.to_string()))?;
    Ok(RECORDER.get_or_init(|| metrics).clone())
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
