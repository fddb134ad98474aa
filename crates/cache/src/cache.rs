//! One cache.

use std::fmt::{self, Display};
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache as Moka;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::flight::Flights;
use crate::hub::Hub;
use crate::marks::{Mark, Marks};
use crate::shared::{self, Invalidation, Place};
use crate::spec::{CacheSpec, Scope};

/// Cheap to clone; clones are the same cache.
pub struct Cache<K, V> {
    inner: Arc<Inner<K, V>>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

struct Inner<K, V> {
    spec: CacheSpec,
    hub: Arc<Hub>,
    marks: Arc<Marks>,
    local: Moka<(Scope, K), Entry<V>>,
    flights: Flights<(Scope, K)>,
    /// How values are written for Redis; `None` for a cache of this process only.
    codec: Option<Codec<V>>,
    counters: Counters,
}

/// A value, or that there is none, with the mark of when its load began.
struct Entry<V> {
    value: Option<Arc<V>>,
    mark: Mark,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), mark: self.mark }
    }
}

/// The loader failed. All callers who waited for it get the same error.
#[derive(Debug)]
pub struct LoadError<E>(pub Arc<E>);

impl<E> Clone for LoadError<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: Display> Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for LoadError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_ref())
    }
}

type Loaded<V, E> = Result<Option<Arc<V>>, Arc<E>>;

impl<K, V> Cache<K, V>
where
    K: Clone + Eq + Hash + Display + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new(spec: CacheSpec, hub: Arc<Hub>, codec: Option<Codec<V>>) -> Self {
        let expiry = Lifetimes { ttl: spec.ttl, negative_ttl: spec.negative_ttl };
        let local = Moka::builder().name(spec.name).max_capacity(spec.capacity).expire_after(expiry).build();
        let marks = Arc::new(Marks::default());
        hub.register(spec.name, Arc::clone(&marks));
        let counters = Counters::new(spec.name);
        Self { inner: Arc::new(Inner { spec, hub, marks, local, flights: Flights::default(), codec, counters }) }
    }

    /// The value of a key: from the process, from Redis, or from the loader. `None` is a proper answer and kept too.
    ///
    /// # Errors
    /// The loader's error, which is not kept.
    pub async fn get_or_load<E, F>(
        &self,
        scope: impl Into<Scope> + Send,
        key: &K,
        loader: impl FnOnce() -> F + Send,
    ) -> Result<Option<Arc<V>>, LoadError<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<V>, E>> + Send,
    {
        let inner = &self.inner;
        let place = (scope.into(), key.clone());
        let mark = inner.marks.of(place.0, key);
        if let Some(entry) = inner.local.get(&place).await
            && entry.mark == mark
        {
            inner.counters.hit(entry.value.is_some());
            return Ok(entry.value);
        }
        let ticket = inner.flights.join::<Loaded<V, E>>(&place, mark);
        if ticket.joined {
            inner.counters.coalesced.increment(1);
        }
        let loaded = ticket.cell.get_or_init(|| inner.load(place, mark, loader)).await;
        loaded.clone().map_err(LoadError)
    }

    /// Forgets a key everywhere. In this process it is forgotten when this is called; when it returns, Redis has been
    /// told, or will be as soon as it answers. Call it after the change is committed.
    pub async fn invalidate(&self, scope: impl Into<Scope> + Send, key: &K) {
        let inner = &self.inner;
        let scope = scope.into();
        inner.marks.move_on(&scope, key);
        inner.local.invalidate(&(scope, key.clone())).await;
        let (name, shared) = (inner.spec.name, inner.codec.is_some());
        inner.hub.tell(Invalidation { name, scope, key: key.to_string(), shared }).await;
    }
}

impl<K, V> Inner<K, V>
where
    K: Clone + Eq + Hash + Display + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    async fn load<E, F>(&self, place: (Scope, K), mark: Mark, loader: impl FnOnce() -> F + Send) -> Loaded<V, E>
    where
        F: Future<Output = Result<Option<V>, E>> + Send,
    {
        let value = match &self.codec {
            None => self.ask(loader).await?,
            Some(codec) => self.ask_redis_first(&place, codec, loader).await?,
        };
        self.local.insert(place, Entry { value: value.clone(), mark }).await;
        Ok(value)
    }

    async fn ask<E, F>(&self, loader: impl FnOnce() -> F + Send) -> Loaded<V, E>
    where
        F: Future<Output = Result<Option<V>, E>> + Send,
    {
        self.counters.miss.increment(1);
        let value = loader().await.map_err(|e| {
            self.counters.error.increment(1);
            Arc::new(e)
        })?;
        Ok(value.map(Arc::new))
    }

    async fn ask_redis_first<E, F>(
        &self,
        (scope, key): &(Scope, K),
        codec: &Codec<V>,
        loader: impl FnOnce() -> F + Send,
    ) -> Loaded<V, E>
    where
        F: Future<Output = Result<Option<V>, E>> + Send,
    {
        let place = Place::new(self.spec.name, *scope, key);
        let found = match shared::find(&self.hub.link, &place).await {
            Ok(found) => found,
            Err(e) => {
                self.hub.report(&e);
                return self.ask(loader).await;
            }
        };
        if let Some(value) = found.value.as_deref().and_then(codec.decode) {
            self.counters.shared_hit.increment(1);
            return Ok(value.map(Arc::new));
        }
        let value = self.ask(loader).await?;
        let ttl = if value.is_some() { self.spec.ttl } else { self.spec.negative_ttl };
        if let Some(bytes) = (codec.encode)(value.as_deref())
            && let Err(e) = shared::store(&self.hub.link, &place, &found, &bytes, ttl).await
        {
            self.hub.report(&e);
        }
        Ok(value)
    }
}

/// How a value, or that there is none, is written for Redis. What cannot be read is a miss: an older program may have
/// written it.
pub(crate) struct Codec<V> {
    encode: fn(Option<&V>) -> Option<Vec<u8>>,
    decode: fn(&[u8]) -> Option<Option<V>>,
}

impl<V: Serialize + DeserializeOwned> Codec<V> {
    pub(crate) fn json() -> Self {
        // `null` is a value that some types write; one more pair of brackets tells it from "there is none".
        Self {
            encode: |value| serde_json::to_vec(&value.map_or_else(Vec::new, |value| vec![value])).ok(),
            decode: |bytes| serde_json::from_slice::<Vec<V>>(bytes).ok().map(|mut values| values.pop()),
        }
    }
}

struct Lifetimes {
    ttl: Duration,
    negative_ttl: Duration,
}

impl Lifetimes {
    fn of<V>(&self, entry: &Entry<V>) -> Duration {
        if entry.value.is_some() { self.ttl } else { self.negative_ttl }
    }
}

impl<K, V> Expiry<K, Entry<V>> for Lifetimes {
    fn expire_after_create(&self, _key: &K, entry: &Entry<V>, _at: Instant) -> Option<Duration> {
        Some(self.of(entry))
    }

    fn expire_after_update(&self, _: &K, entry: &Entry<V>, _at: Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(self.of(entry))
    }
}

/// `ferrify_cache_requests_total{cache,outcome}`, looked up once.
struct Counters {
    local_hit: metrics::Counter,
    negative_hit: metrics::Counter,
    shared_hit: metrics::Counter,
    miss: metrics::Counter,
    coalesced: metrics::Counter,
    error: metrics::Counter,
}

impl Counters {
    fn new(cache: &'static str) -> Self {
        let counter = |outcome: &'static str| metrics::counter!("ferrify_cache_requests_total", "cache" => cache, "outcome" => outcome);
        Self {
            local_hit: counter("local_hit"),
            negative_hit: counter("negative_hit"),
            shared_hit: counter("shared_hit"),
            miss: counter("miss"),
            coalesced: counter("coalesced"),
            error: counter("error"),
        }
    }

    fn hit(&self, positive: bool) {
        if positive { self.local_hit.increment(1) } else { self.negative_hit.increment(1) }
    }
}
