//! What was admitted and is held for a while.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis_link::RedisLink;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::script;

/// A third of a lease's life, so that one missed renewal is no loss.
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// After a failed attempt to give leases back.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Leases per call to Redis.
const BATCH: usize = 500;

type Lease = (String, String);

/// Proof of admission. Holds its place until it is released or dropped.
#[must_use = "dropping the permit gives the place back"]
pub struct Permit {
    leases: Arc<Leases>,
    held: Vec<Lease>,
}

impl Permit {
    pub(crate) fn new(leases: Arc<Leases>, held: Vec<Lease>) -> Self {
        if !held.is_empty() {
            leases.held.lock().extend(held.iter().cloned());
        }
        Self { leases, held }
    }

    /// Gives the place back now: whoever asks next can have it. When Redis fails, the background task tries again.
    pub async fn release(mut self) {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return;
        }
        self.leases.forget(&held);
        if let Err(e) = self.leases.give_back(&held).await {
            tracing::warn!(error = %e, "a place among concurrent requests is given back later");
            self.leases.give_back_later(held);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            self.leases.forget(&held);
            self.leases.give_back_later(held);
        }
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permit").field("held", &self.held).finish_non_exhaustive()
    }
}

/// All leases of this process.
pub(crate) struct Leases {
    link: RedisLink,
    held: Mutex<HashSet<Lease>>,
    returned: Mutex<Vec<Lease>>,
    wake: Notify,
}

impl Leases {
    pub(crate) fn new(link: RedisLink) -> Self {
        Self { link, held: Mutex::default(), returned: Mutex::default(), wake: Notify::new() }
    }

    fn forget(&self, leases: &[Lease]) {
        let mut held = self.held.lock();
        for lease in leases {
            held.remove(lease);
        }
    }

    fn give_back_later(&self, leases: Vec<Lease>) {
        self.returned.lock().extend(leases);
        self.wake.notify_one();
    }

    async fn give_back(&self, leases: &[Lease]) -> redis::RedisResult<()> {
        let mut pipeline = redis::pipe();
        for (key, field) in leases {
            pipeline.cmd("HDEL").arg(key).arg(field).ignore();
        }
        pipeline.exec_async(&mut self.link.conn()).await
    }

    /// Everything that was dropped. `false` when Redis did not take it.
    async fn give_back_dropped(&self) -> bool {
        let returned = std::mem::take(&mut *self.returned.lock());
        for batch in returned.chunks(BATCH) {
            if let Err(e) = self.give_back(batch).await {
                tracing::debug!(error = %e, "places among concurrent requests cannot be given back yet");
                self.returned.lock().extend(returned);
                return false;
            }
        }
        true
    }

    async fn renew(&self) {
        let held: Vec<Lease> = self.held.lock().iter().cloned().collect();
        for batch in held.chunks(BATCH) {
            if let Err(e) = script::renew(&self.link, batch).await {
                tracing::warn!(error = %e, "leases of concurrent requests cannot be renewed");
            }
        }
    }
}

/// The one task: renews what is held, gives back what was dropped.
pub(crate) async fn keep(leases: Arc<Leases>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(RENEW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => {
                leases.give_back_dropped().await;
                return;
            }
            _ = ticks.tick() => leases.renew().await,
            () = leases.wake.notified() => {
                if !leases.give_back_dropped().await {
                    // Not hurried: what is not given back expires by itself.
                    let _ = tokio::time::timeout(RETRY_PAUSE, shutdown.cancelled()).await;
                    leases.wake.notify_one();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use redis_link::RedisSettings;

    use super::*;

    async fn age(link: &RedisLink, lease: &Lease) -> Option<f64> {
        let mut conn = link.conn();
        let since: Option<f64> = redis::cmd("HGET").arg(&lease.0).arg(&lease.1).query_async(&mut conn).await.unwrap();
        let (now, _): (f64, f64) = redis::cmd("TIME").query_async(&mut conn).await.unwrap();
        since.map(|since| now - since)
    }

    #[tokio::test]
    async fn held_leases_are_renewed_and_released_ones_do_not_come_back() {
        let url = tokio::task::spawn_blocking(private_servers::testing::redis_database).await.unwrap().unwrap();
        let link = RedisLink::connect(RedisSettings::new(url)).await.unwrap();
        let leases = Arc::new(Leases::new(link.clone()));
        let held: Lease = ("active".to_owned(), "ferrify-held".to_owned());
        let permit = Permit::new(Arc::clone(&leases), vec![held.clone()]);
        redis::cmd("HSET").arg(&held.0).arg(&held.1).arg(1000.5).exec_async(&mut link.conn()).await.unwrap();
        leases.renew().await;
        assert!(age(&link, &held).await.unwrap() < 5.0);
        // Released elsewhere, renewed here: it stays released.
        leases.give_back(std::slice::from_ref(&held)).await.unwrap();
        leases.renew().await;
        assert_eq!(age(&link, &held).await, None);
        permit.release().await;
        assert!(leases.held.lock().is_empty());
    }
}
