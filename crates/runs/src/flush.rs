//! One flusher per process: the waiting events of all runs in one pipeline.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::keys;
use crate::live::Live;
use crate::registry::Shared;

/// Frames per pipeline, so that one flush stays small enough to be answered in time.
const MOST_BYTES: usize = 4 << 20;

pub(crate) async fn keep_flushing(shared: Arc<Shared>, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => {
                flush(&shared).await;
                return;
            }
            () = shared.wake_flusher.notified() => {}
        }
        // Collect for a while. Shutdown needs no wait.
        let _ = tokio::time::timeout(shared.config.flush_every, shutdown.cancelled()).await;
        flush(&shared).await;
    }
}

async fn flush(shared: &Shared) {
    let mut dirty = std::mem::take(&mut *shared.dirty.lock());
    while !dirty.is_empty() {
        let mut batch = Batch::default();
        while let Some(live) = dirty.pop() {
            // A run that is finishing right now sends its own last frames.
            let Ok(_turn) = live.sending.try_lock() else { continue };
            let frames = live.take();
            if !frames.is_empty() {
                batch.bytes += frames.iter().map(Bytes::len).sum::<usize>();
                batch.runs.push((Arc::clone(&live), frames));
            }
            if batch.bytes > MOST_BYTES {
                break;
            }
        }
        send(shared, batch).await;
    }
}

#[derive(Default)]
struct Batch {
    runs: Vec<(Arc<Live>, Vec<Bytes>)>,
    bytes: usize,
}
