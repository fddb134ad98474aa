//! The limiters against a real Redis.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::{Duration, Instant};

use private_servers::testing;
use rate_limit::{Demand, RateLimits, Rejection};
use redis_link::{RedisLink, RedisSettings};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

struct Fixture {
    link: RedisLink,
    limits: RateLimits,
    _background: DropGuard,
}

async fn fixture() -> Fixture {
    let url = tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap();
    let link = RedisLink::connect(RedisSettings::new(url)).await.unwrap();
    let limits = RateLimits::new(link.clone());
    let shutdown = CancellationToken::new();
    limits.spawn_background(&TaskTracker::new(), shutdown.clone());
    Fixture { link, limits, _background: shutdown.drop_guard() }
}

fn place(app: Uuid, max: u32) -> Demand {
    Demand::Concurrency { app, max, request_id: Uuid::new_v4() }
}

fn window(scope: &str, limit: u32, window: Duration) -> Demand {
    Demand::SlidingWindow { scope: scope.to_owned(), limit, window }
}

fn limited_by(rejection: &Rejection) -> (&'static str, Duration) {
    let Rejection::Limited { limiter, retry_after } = rejection else { panic!("{rejection:?}") };
    (limiter, *retry_after)
}

async fn hlen(link: &RedisLink, app: Uuid) -> u64 {
    let key = format!("dify:rate_limit:{app}:active_requests");
    redis::cmd("HLEN").arg(key).query_async(&mut link.conn()).await.unwrap()
}

#[tokio::test]
async fn demands_without_limit_do_not_ask_redis() {
    let Fixture { link, limits, _background } = fixture().await;
    let before = link.traffic();
    limits.admit(&[]).await.unwrap().release().await;
    let free = [
        Demand::DailyQuota { tenant: Uuid::new_v4(), limit: 0, cost: 1 },
        place(Uuid::new_v4(), 0),
        Demand::TokenBucket { scope: "x".to_owned(), rate_per_second: 0.0, burst: 0 },
    ];
    limits.admit(&free).await.unwrap().release().await;
    assert_eq!(link.traffic(), before);
}

#[tokio::test]
async fn all_demands_together_cost_one_round_trip_and_are_all_or_nothing() {
    let Fixture { link, limits, _background } = fixture().await;
    let (tenant, app) = (Uuid::new_v4(), Uuid::new_v4());
    let quota = Demand::DailyQuota { tenant, limit: 10, cost: 1 };
    let all = [quota.clone(), window("w", 1, MINUTE), place(app, 5)];
    // The first call also loads the script.
    limits.admit(&all).await.unwrap().release().await;
    let before = link.traffic().round_trips;
    let rejection = limits.admit(&all).await.unwrap_err();
    assert_eq!(link.traffic().round_trips - before, 1);
    assert_eq!(limited_by(&rejection).0, "sliding_window");
    assert_eq!(hlen(&link, app).await, 0, "nothing is taken when something is refused");
    let used: u64 = redis::cmd("HGET")
        .arg(format!("ferrify:{{{tenant}}}:quota"))
        .arg("used")
        .query_async(&mut link.conn())
        .await
        .unwrap();
    assert_eq!(used, 1);
}

#[tokio::test]
async fn the_daily_quota_counts_costs_until_midnight() {
    let Fixture { limits, _background, .. } = fixture().await;
    let demand = |cost| [Demand::DailyQuota { tenant: Uuid::nil(), limit: 10, cost }];
    limits.admit(&demand(7)).await.unwrap().release().await;
    let rejection = limits.admit(&demand(4)).await.unwrap_err();
    let (limiter, retry_after) = limited_by(&rejection);
    assert_eq!(limiter, "daily_quota");
    assert!(retry_after <= Duration::from_secs(86_400));
    limits.admit(&demand(3)).await.unwrap().release().await;
    assert!(limits.admit(&demand(1)).await.is_err());
}

#[tokio::test]
async fn a_sliding_window_says_when_it_frees() {
    let Fixture { limits, _background, .. } = fixture().await;
    let demand = [window("login", 3, Duration::from_millis(400))];
    for _ in 0..3 {
        limits.admit(&demand).await.unwrap().release().await;
    }
    let (_, retry_after) = limited_by(&limits.admit(&demand).await.unwrap_err());
    assert!(retry_after <= Duration::from_millis(400));
    tokio::time::sleep(retry_after + Duration::from_millis(20)).await;
    limits.admit(&demand).await.unwrap().release().await;
    limits.admit(&[window("other", 3, MINUTE)]).await.unwrap().release().await;
}

#[tokio::test]
async fn a_bucket_allows_a_burst_and_then_a_rate() {
    let Fixture { limits, _background, .. } = fixture().await;
    let demand = [Demand::TokenBucket { scope: "api".to_owned(), rate_per_second: 20.0, burst: 5 }];
    for _ in 0..5 {
        limits.admit(&demand).await.unwrap().release().await;
    }
    let (limiter, retry_after) = limited_by(&limits.admit(&demand).await.unwrap_err());
    assert_eq!(limiter, "token_bucket");
    assert!(retry_after <= Duration::from_millis(51), "{retry_after:?}");
    tokio::time::sleep(retry_after + Duration::from_millis(5)).await;
    limits.admit(&demand).await.unwrap().release().await;
}

#[tokio::test]
async fn places_are_held_released_and_given_back_by_a_drop() {
    let Fixture { link, limits, _background } = fixture().await;
    let app = Uuid::new_v4();
    let one = limits.admit(&[place(app, 2)]).await.unwrap();
    let two = limits.admit(&[place(app, 2)]).await.unwrap();
    assert_eq!(limited_by(&limits.admit(&[place(app, 2)]).await.unwrap_err()).0, "concurrency");
    assert_eq!(hlen(&link, app).await, 2);
    let max: u32 = redis::cmd("GET")
        .arg(format!("dify:rate_limit:{app}:max_active_requests"))
        .query_async(&mut link.conn())
        .await
        .unwrap();
    assert_eq!(max, 2);

    one.release().await;
    let three = limits.admit(&[place(app, 2)]).await.unwrap();
    drop(two);
    let deadline = Instant::now() + Duration::from_secs(5);
    while hlen(&link, app).await > 1 {
        assert!(Instant::now() < deadline, "a dropped permit is given back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    three.release().await;
    assert_eq!(hlen(&link, app).await, 0);
}

#[tokio::test]
async fn silent_entries_are_purged_ours_sooner_than_foreign_ones() {
    let Fixture { link, limits, _background } = fixture().await;
    let app = Uuid::new_v4();
    let key = format!("dify:rate_limit:{app}:active_requests");
    let now: (u64, u64) = redis::cmd("TIME").query_async(&mut link.conn()).await.unwrap();
    let ago = |seconds: u64| format!("{}.25", now.0 - seconds);
    let mut entries = redis::cmd("HSET");
    entries.arg(&key).arg("ferrify-dead").arg(ago(200)).arg("ferrify-live").arg(ago(170));
    entries.arg(Uuid::new_v4().to_string()).arg(ago(590)).arg(Uuid::new_v4().to_string()).arg(ago(610));
    entries.exec_async(&mut link.conn()).await.unwrap();
    // Two of four are dead, so three places hold one more.
    let permit = limits.admit(&[place(app, 3)]).await.unwrap();
    let fields: Vec<String> = redis::cmd("HKEYS").arg(&key).query_async(&mut link.conn()).await.unwrap();
    assert_eq!(fields.len(), 3);
    assert!(fields.contains(&"ferrify-live".to_owned()) && !fields.contains(&"ferrify-dead".to_owned()));
    assert!(limits.admit(&[place(app, 3)]).await.is_err());
    permit.release().await;
}

#[tokio::test]
async fn a_race_never_admits_more_than_the_limit() {
    let Fixture { limits, _background, .. } = fixture().await;
    let app = Uuid::new_v4();
    let racers = (0..50).map(|_| {
        let limits = limits.clone();
        tokio::spawn(async move { limits.admit(&[place(app, 7)]).await })
    });
    let mut admitted = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        admitted.extend(racer.await.unwrap());
    }
    assert_eq!(admitted.len(), 7);
}

#[tokio::test]
async fn without_redis_each_limiter_fails_as_documented() {
    let link = RedisLink::open(RedisSettings::new("redis://127.0.0.1:1/0")).unwrap();
    let limits = RateLimits::new(link);
    let open = [
        Demand::DailyQuota { tenant: Uuid::new_v4(), limit: 1, cost: 1 },
        place(Uuid::new_v4(), 1),
        Demand::TokenBucket { scope: "x".to_owned(), rate_per_second: 1.0, burst: 1 },
    ];
    for _ in 0..2 {
        limits.admit(&open).await.unwrap().release().await;
    }
    assert_eq!(limits.admit(&[window("login", 1, MINUTE)]).await.unwrap_err(), Rejection::Unavailable);
}
