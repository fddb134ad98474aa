//! One flusher per process: the waiting events of all runs in one pipeline.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use crate::keys;
use crate::live::{Live, Numbered, bytes_of};
use crate::registry::Shared;

/// Bytes per pipeline, so that one flush stays small enough to be answered in time.
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
    // Oldest first; `pop` takes from the end.
    dirty.reverse();
    while !dirty.is_empty() {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while bytes < MOST_BYTES
            && let Some(live) = dirty.pop()
        {
            // A run that is finishing right now sends its own last frames.
            let Ok(turn) = Arc::clone(&live.sending).try_lock_owned() else { continue };
            let frames = live.take();
            bytes += bytes_of(&frames);
            if !frames.is_empty() {
                batch.push(Waiting { live, frames, _turn: turn });
            }
        }
        send(shared, batch).await;
    }
}

/// The frames of one run on their way. Until this is dropped the run sends nothing else.
struct Waiting {
    live: Arc<Live>,
    frames: Vec<Numbered>,
    _turn: OwnedMutexGuard<()>,
}

async fn send(shared: &Shared, batch: Vec<Waiting>) {
    if batch.is_empty() {
        return;
    }
    let mut pipeline = redis::pipe();
    for Waiting { live, frames, .. } in &batch {
        live.add_events(&mut pipeline, frames, &shared.config, None);
        let ttl = live.lifetime(shared.config.event_ttl.as_secs());
        pipeline.cmd("EXPIRE").arg(keys::events(live.tenant, live.id)).arg(ttl).ignore();
    }
    let Err(e) = pipeline.exec_async(&mut shared.link.conn()).await else {
        shared.recovered();
        return;
    };
    shared.degrade(&e);
    // What was sent may be sent again: readers know frames by their numbers. What Redis itself refuses would be refused
    // again.
    if e.is_connection_refusal() || e.is_connection_dropped() || e.is_timeout() || e.is_io_error() {
        for Waiting { live, frames, .. } in batch {
            live.put_back(frames);
            shared.mark_dirty(&live);
        }
    } else {
        let lost: usize = batch.iter().map(|waiting| waiting.frames.len()).sum();
        metrics::counter!("ferrify_run_events_dropped_total").increment(lost as u64);
    }
}
