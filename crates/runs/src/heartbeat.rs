//! One heartbeat per process for all its runs, and everything that is made good when Redis comes back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::OwnedMutexGuard;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::keys;
use crate::live::Live;
use crate::registry::Shared;
use crate::scripts;
use crate::stop;

pub(crate) async fn keep_alive(shared: Arc<Shared>, shutdown: CancellationToken) {
    let mut beat = ticker(shared.config.heartbeat);
    let mut poll = ticker(shared.config.stop_poll);
    let mut renewed = Instant::now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = beat.tick() => {
                if renew(&shared).await {
                    renewed = Instant::now();
                }
                shared.report_lease_age(renewed);
            }
            _ = poll.tick() => stop::poll(&shared).await,
        }
    }
}

fn ticker(every: std::time::Duration) -> tokio::time::Interval {
    let mut ticker = tokio::time::interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}

/// Renews the leases of all live runs in one round trip. Without any there is nothing to ask Redis.
async fn renew(shared: &Shared) -> bool {
    if !write_endings(shared).await {
        return false;
    }
    let live = shared.all_live();
    if live.is_empty() {
        return true;
    }
    let mut pipeline = redis::pipe();
    let mut leases = redis::cmd("EVAL");
    leases.arg(scripts::RENEW_TEXT).arg(1).arg(keys::LEASES).arg(shared.lease_ms()).arg(keys::SETS_TTL_SECONDS);
    for run in &live {
        leases.arg(keys::member(run.tenant, run.id));
    }
    pipeline.add_command(leases).ignore();
    let late = unregistered(&live);
    for (run, _turn) in &late {
        shared.registration(&mut pipeline, run);
    }
    let ageing = prolong(shared, &mut pipeline, &live);
    match pipeline.exec_async(&mut shared.link.conn()).await {
        Ok(()) => {
            for (run, _turn) in late {
                run.registered.store(true, Ordering::Release);
            }
            for run in ageing {
                *run.renewed.lock() = Instant::now();
            }
            // A run that ended in the meantime has got its lease back. Nobody would remove it otherwise.
            release_ended(shared, &live).await
        }
        Err(e) => {
            shared.degrade(&e);
            false
        }
    }
}

/// Runs that started while Redis was down. While their turn is held they cannot end, so an end is never overwritten.
fn unregistered(live: &[Arc<Live>]) -> Vec<(&Arc<Live>, OwnedMutexGuard<()>)> {
    live.iter()
        .filter(|run| !run.registered.load(Ordering::Acquire))
        .filter_map(|run| Arc::clone(&run.sending).try_lock_owned().ok().map(|turn| (run, turn)))
        .filter(|(run, _turn)| !run.ended.load(Ordering::Acquire))
        .collect()
}

/// Long runs keep their owner key and description.
fn prolong<'a>(shared: &Shared, pipeline: &mut redis::Pipeline, live: &'a [Arc<Live>]) -> Vec<&'a Arc<Live>> {
    let half = shared.config.owner_ttl / 2;
    let ageing: Vec<&Arc<Live>> = live.iter().filter(|run| run.renewed.lock().elapsed() > half).collect();
    for run in &ageing {
        pipeline.cmd("EXPIRE").arg(keys::owner(run.id)).arg(shared.config.owner_ttl.as_secs()).ignore();
        pipeline.cmd("EXPIRE").arg(keys::run(run.tenant, run.id)).arg(run.lifetime(shared.run_ttl())).ignore();
        shared.name(&mut *pipeline, run);
    }
    ageing
}

async fn release_ended(shared: &Shared, renewed: &[Arc<Live>]) -> bool {
    let ended = renewed.iter().filter(|run| run.ended.load(Ordering::Acquire));
    let members: Vec<String> = ended.map(|run| keys::member(run.tenant, run.id)).collect();
    if members.is_empty() {
        shared.recovered();
        return true;
    }
    let released = redis::cmd("ZREM").arg(keys::LEASES).arg(&members).exec_async(&mut shared.link.conn()).await;
    released.inspect_err(|e| shared.degrade(e)).is_ok()
}

/// Writes the ends that Redis did not take before, with their last events unless these were many.
async fn write_endings(shared: &Shared) -> bool {
    let waiting = std::mem::take(&mut *shared.endings.lock());
    if waiting.is_empty() {
        return true;
    }
    let mut pipeline = redis::pipe();
    for ending in &waiting {
        shared.ending(&mut pipeline, &ending.live, &ending.frames, ending.outcome);
    }
    match pipeline.exec_async(&mut shared.link.conn()).await {
        Ok(()) => true,
        Err(e) => {
            shared.degrade(&e);
            shared.endings.lock().extend(waiting);
            false
        }
    }
}
