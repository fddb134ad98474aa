//! What all caches of a process share: the link, the channel of invalidations, and what could not be told yet.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis_link::{RedisLink, SubscriptionEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::{Cache, Codec};
use crate::marks::Marks;
use crate::shared::{self, Invalidation};
use crate::spec::CacheSpec;

/// Invalidations that wait for Redis; more are left to the time to live.
const MOST_WAITING: usize = 10_000;

/// A command may fail while the subscription stands.
const REPEAT_AFTER: Duration = Duration::from_secs(1);

/// Makes caches. Cheap to clone.
#[derive(Clone)]
pub struct CacheHub {
    hub: Arc<Hub>,
}

pub(crate) struct Hub {
    pub(crate) link: RedisLink,
    channel: String,
    caches: Mutex<HashMap<&'static str, Arc<Marks>>>,
    waiting: Mutex<Vec<Invalidation>>,
    down: AtomicBool,
}

impl CacheHub {
    #[must_use]
    pub fn new(link: RedisLink) -> Self {
        let channel = format!("ferrify:{}:cache:invalidate", link.namespace());
        let hub =
            Hub { link, channel, caches: Mutex::default(), waiting: Mutex::default(), down: AtomicBool::new(false) };
        Self { hub: Arc::new(hub) }
    }

    /// Spawns the one task that hears of invalidations in other processes. Without it only the time to live corrects
    /// this process.
    pub fn spawn_background(&self, tasks: &TaskTracker, shutdown: CancellationToken) {
        tasks.spawn(listen(Arc::clone(&self.hub), shutdown));
    }

    /// A cache of values that can be written to Redis; they are when the spec says `shared`.
    #[must_use]
    pub fn cache<K, V>(&self, spec: CacheSpec) -> Cache<K, V>
    where
        K: Clone + Eq + Hash + Display + Send + Sync + 'static,
        V: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let codec = spec.shared.then(Codec::json);
        Cache::new(spec, Arc::clone(&self.hub), codec)
    }

    /// A cache whose values never leave the process, whatever the spec says: for secrets, and for what cannot be
    /// written.
    #[must_use]
    pub fn local_cache<K, V>(&self, spec: CacheSpec) -> Cache<K, V>
    where
        K: Clone + Eq + Hash + Display + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        Cache::new(spec, Arc::clone(&self.hub), None)
    }
}

impl Hub {
    pub(crate) fn register(&self, name: &'static str, marks: Arc<Marks>) {
        if self.caches.lock().insert(name, marks).is_some() {
            tracing::error!(cache = name, "two caches have the same name; the first one hears of no invalidation");
        }
    }

    pub(crate) async fn tell(&self, invalidation: Invalidation) {
        if let Err(e) = invalidation.tell(&self.link, &self.channel).await {
            self.report(&e);
            // The old value may be in Redis still, and so in this process again before Redis has been told.
            let mut waiting = self.waiting.lock();
            if waiting.len() < MOST_WAITING && !waiting.contains(&invalidation) {
                waiting.push(invalidation);
            }
        }
    }

    /// Said once per outage.
    pub(crate) fn report(&self, error: &redis::RedisError) {
        if !self.down.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %error, "Redis fails: caches work without their shared level");
        }
    }

    fn has_waiting(&self) -> bool {
        !self.waiting.lock().is_empty()
    }

    async fn tell_waiting(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for invalidation in waiting {
            self.tell(invalidation).await;
        }
    }

    fn forget_everything(&self) {
        for marks in self.caches.lock().values() {
            marks.move_all_on();
        }
    }

    fn hear(&self, message: &[u8]) {
        let Some((name, scope, key)) = shared::parse(message) else { return };
        if let Some(marks) = self.caches.lock().get(name) {
            marks.move_on(&scope, &key);
        }
    }
}

async fn listen(hub: Arc<Hub>, shutdown: CancellationToken) {
    let mut news = hub.link.subscribe(hub.channel.clone());
    loop {
        let event = tokio::select! {
            () = shutdown.cancelled() => return,
            event = news.next() => event,
            () = tokio::time::sleep(REPEAT_AFTER), if hub.has_waiting() => {
                hub.tell_waiting().await;
                continue;
            }
        };
        match event {
            SubscriptionEvent::Connected => {
                hub.down.store(false, Ordering::Relaxed);
                hub.tell_waiting().await;
                // Last: what was not heard until now is forgotten, whatever it was.
                hub.forget_everything();
            }
            SubscriptionEvent::Message(message) => hub.hear(&message),
        }
    }
}
