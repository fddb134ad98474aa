//! Two "processes" (hubs) over one Redis.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cache::{Cache, CacheHub, CacheSpec, LoadError, Scope};
use private_servers::{Options, ensure, stop, testing};
use redis_link::{RedisLink, RedisSettings};
use tokio::sync::Barrier;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the database is gone")]
struct Gone;

struct Process {
    link: RedisLink,
    cache: Cache<Uuid, String>,
    _background: DropGuard,
}

fn spec(shared: bool) -> CacheSpec {
    CacheSpec {
        name: "apps",
        capacity: 100,
        ttl: Duration::from_secs(60),
        negative_ttl: Duration::from_millis(100),
        shared,
    }
}

async fn url() -> String {
    tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap()
}

async fn process(url: &str, shared: bool) -> Process {
    let link = RedisLink::open(RedisSettings::new(url)).unwrap();
    let hub = CacheHub::new(link.clone());
    let shutdown = CancellationToken::new();
    let cache = hub.cache(spec(shared));
    hub.spawn_background(&TaskTracker::new(), shutdown.clone());
    // Once the subscription stands, the process level is no longer forgotten in the middle of a test.
    let mut probe = link.conn();
    let channel = format!("ferrify:{}:cache:invalidate", link.namespace());
    for _ in 0..200 {
        let counted: Result<(String, u64), _> =
            redis::cmd("PUBSUB").arg("NUMSUB").arg(&channel).query_async(&mut probe).await;
        if counted.is_ok_and(|(_, listeners)| listeners > 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    Process { link, cache, _background: shutdown.drop_guard() }
}

impl Process {
    async fn get(&self, tenant: Uuid, key: Uuid, value: &str) -> Option<String> {
        let loaded = self.cache.get_or_load(tenant, &key, || async { Ok::<_, Gone>(Some(value.to_owned())) }).await;
        loaded.unwrap().map(|value| value.as_ref().clone())
    }

    async fn eventually(&self, tenant: Uuid, key: Uuid, value: &str) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.get(tenant, key, value).await.as_deref() != Some(value) {
            assert!(Instant::now() < deadline, "never became `{value}`");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_hit_in_the_process_touches_neither_loader_nor_redis() {
    let one = process(&url().await, true).await;
    let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
    assert_eq!(one.get(tenant, key, "first").await.as_deref(), Some("first"));
    let before = one.link.traffic();
    assert_eq!(one.get(tenant, key, "second").await.as_deref(), Some("first"));
    assert_eq!(one.link.traffic(), before);
    assert_eq!(one.get(Uuid::new_v4(), key, "other").await.as_deref(), Some("other"), "scopes are apart");
}

#[tokio::test]
async fn shared_values_travel_and_secrets_do_not() {
    let url = url().await;
    for shared in [true, false] {
        let (one, two) = (process(&url, shared).await, process(&url, shared).await);
        let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
        one.get(tenant, key, "one").await;
        let expected = if shared { "one" } else { "two" };
        assert_eq!(two.get(tenant, key, "two").await.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn absence_is_remembered_for_a_shorter_time() {
    let one = process(&url().await, true).await;
    let (tenant, key, asked) = (Uuid::new_v4(), Uuid::new_v4(), AtomicUsize::new(0));
    let ask = || {
        one.cache.get_or_load(tenant, &key, || async {
            asked.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Gone>(None)
        })
    };
    for _ in 0..3 {
        assert_eq!(ask().await.unwrap(), None);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(250)).await;
    ask().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_stampede_asks_once_and_shares_the_error() {
    let one = Arc::new(process(&url().await, true).await);
    let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
    for fails in [true, false] {
        let asked = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let (one, asked) = (Arc::clone(&one), Arc::clone(&asked));
                tokio::spawn(async move {
                    let loader = || async {
                        asked.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        if fails { Err(Gone) } else { Ok(Some("value".to_owned())) }
                    };
                    one.cache.get_or_load(tenant, &key, loader).await
                })
            })
            .collect();
        for caller in callers {
            match caller.await.unwrap() {
                Ok(value) => assert_eq!(value.unwrap().as_str(), "value"),
                Err(LoadError(error)) => assert!(fails && *error == Gone),
            }
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1, "an error is shared, but not kept");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_hands_the_load_on() {
    let one = Arc::new(process(&url().await, false).await);
    let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
    let leader = {
        let one = Arc::clone(&one);
        tokio::spawn(async move {
            let never = || std::future::pending::<Result<Option<String>, Gone>>();
            one.cache.get_or_load(tenant, &key, never).await
        })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let follower = {
        let one = Arc::clone(&one);
        tokio::spawn(async move { one.get(tenant, key, "follower").await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    leader.abort();
    assert_eq!(follower.await.unwrap().as_deref(), Some("follower"));
}

#[tokio::test]
async fn an_invalidation_reaches_every_process_and_redis() {
    let url = url().await;
    for shared in [true, false] {
        let (one, two) = (process(&url, shared).await, process(&url, shared).await);
        let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
        one.get(tenant, key, "old").await;
        two.get(tenant, key, "old").await;
        one.cache.invalidate(tenant, &key).await;
        assert_eq!(one.get(tenant, key, "new").await.as_deref(), Some("new"), "at once in the own process");
        two.eventually(tenant, key, "new").await;
    }
}

#[tokio::test]
async fn what_was_loaded_before_an_invalidation_is_never_kept() {
    let url = url().await;
    let (one, two) = (Arc::new(process(&url, true).await), process(&url, true).await);
    let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
    let (reads, stores) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let slow = {
        let (one, reads, stores) = (Arc::clone(&one), Arc::clone(&reads), Arc::clone(&stores));
        tokio::spawn(async move {
            let loader = || async {
                reads.wait().await;
                stores.wait().await;
                Ok::<_, Gone>(Some("old".to_owned()))
            };
            one.cache.get_or_load(tenant, &key, loader).await
        })
    };
    reads.wait().await;
    // In the meantime another process changes the row.
    two.cache.invalidate(tenant, &key).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Who asks after the invalidation does not join the old load.
    assert_eq!(one.get(tenant, key, "new").await.as_deref(), Some("new"));
    one.cache.invalidate(tenant, &key).await;
    stores.wait().await;
    assert_eq!(slow.await.unwrap().unwrap().unwrap().as_str(), "old", "its caller asked before");
    assert_eq!(one.get(tenant, key, "newest").await.as_deref(), Some("newest"));
    two.eventually(tenant, key, "newest").await;
}

#[tokio::test]
async fn global_keys_have_no_tenant() {
    let one = process(&url().await, true).await;
    let key = Uuid::new_v4();
    let loader = || async { Ok::<_, Gone>(Some("owner".to_owned())) };
    let value = one.cache.get_or_load(Scope::Global, &key, loader).await.unwrap();
    assert_eq!(value.unwrap().as_str(), "owner");
    one.cache.invalidate(Scope::Global, &key).await;
}

/// A server of its own, because it is stopped.
struct Server(PathBuf);

impl Server {
    fn start(&self) -> String {
        let options = Options {
            data_dir: self.0.clone(),
            postgres_port: 29_432,
            redis_port: 29_379,
            redis_databases: 2,
            need_postgres: false,
            need_redis: true,
            ephemeral: false,
        };
        ensure(&options, &mut |_| {}).unwrap().redis_url.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = stop(&self.0, &mut |_| {});
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_loader_answers_and_afterwards_everything_is_corrected() {
    let server = Server(std::env::temp_dir().join("ferrify-cache-outage"));
    let url = server.start();
    let (one, two) = (process(&url, true).await, process(&url, true).await);
    let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
    one.get(tenant, key, "old").await;
    two.get(tenant, key, "old").await;

    stop(&server.0, &mut |_| {}).unwrap();
    one.cache.invalidate(tenant, &key).await;
    assert_eq!(one.get(tenant, key, "new").await.as_deref(), Some("new"));
    assert_eq!(two.get(tenant, key, "new").await.as_deref(), Some("old"), "it could not be told");

    // The old value is still in Redis when it comes back; the waiting invalidation removes it.
    server.start();
    two.eventually(tenant, key, "new").await;
    one.eventually(tenant, key, "new").await;
}
