//! The link against a real server, including one that goes away.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::{Duration, Instant};

use private_servers::{Options, Status, ensure, status, stop, testing};
use redis_link::{RedisError, RedisLink, RedisSettings, SubscriptionEvent};

async fn link() -> RedisLink {
    let url = tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap();
    RedisLink::connect(RedisSettings::new(url)).await.unwrap()
}

#[tokio::test]
async fn commands_and_round_trips_are_counted() {
    let link = link().await;
    let before = link.traffic();
    let mut conn = link.conn();
    redis::cmd("SET").arg("a").arg(1).exec_async(&mut conn).await.unwrap();
    let (a, b): (i64, Option<i64>) =
        redis::pipe().cmd("GET").arg("a").cmd("GET").arg("b").query_async(&mut conn).await.unwrap();
    assert_eq!((a, b), (1, None));
    let after = link.traffic();
    assert_eq!((after.commands - before.commands, after.round_trips - before.round_trips), (3, 2));
}

#[tokio::test]
async fn namespace_is_the_database_number() {
    let url = tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap();
    let number = url.rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(RedisLink::connect(RedisSettings::new(url)).await.unwrap().namespace(), number);
}

#[tokio::test]
async fn nobody_there_is_an_error_without_the_password() {
    let settings = RedisSettings::new("redis://:verysecret@127.0.0.1:1/0");
    let started = Instant::now();
    let error = RedisLink::connect(settings).await.unwrap_err();
    assert!(matches!(error, RedisError::Unreachable { .. }));
    assert!(!format!("{error:?} {error}").contains("verysecret"));
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(matches!(RedisLink::connect(RedisSettings::new("nonsense")).await, Err(RedisError::Url(_))));
}

#[tokio::test]
async fn a_subscription_delivers_payloads() {
    let link = link().await;
    let channel = format!("{}:news", link.namespace());
    let mut news = link.subscribe(&channel);
    assert_eq!(news.next().await, SubscriptionEvent::Connected);
    redis::cmd("PUBLISH").arg(&channel).arg(b"hello").exec_async(&mut link.conn()).await.unwrap();
    assert_eq!(news.next().await, SubscriptionEvent::Message(b"hello".to_vec()));
}

/// A server of its own, because it is killed.
struct Own(std::path::PathBuf);

impl Own {
    fn start(name: &str) -> (Self, String) {
        let own = Self(std::env::temp_dir().join(format!("ferrify-{name}")));
        let url = own.ensure();
        (own, url)
    }

    fn ensure(&self) -> String {
        let options = Options {
            data_dir: self.0.clone(),
            postgres_port: 27_432,
            redis_port: 27_379,
            redis_databases: 2,
            need_postgres: false,
            need_redis: true,
            ephemeral: true,
        };
        ensure(&options, &mut |_| {}).unwrap().redis_url.unwrap()
    }

    fn status(&self) -> Status {
        status(&self.0)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = stop(&self.0, &mut |_| {});
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn link_and_subscription_survive_a_restart() {
    let (own, url) = Own::start("link-restart");
    let link = RedisLink::connect(RedisSettings::new(url)).await.unwrap();
    let mut news = link.subscribe("0:news");
    assert_eq!(news.next().await, SubscriptionEvent::Connected);

    stop(&own.0, &mut |_| {}).unwrap();
    assert!(!matches!(own.status().redis, private_servers::ServerStatus::Running { .. }));
    for _ in 0..3 {
        let started = Instant::now();
        assert!(link.ping().await.is_err());
        assert!(started.elapsed() < Duration::from_secs(1), "a dead Redis costs little");
    }

    own.ensure();
    link.ping().await.unwrap();
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), news.next()).await.unwrap(), SubscriptionEvent::Connected);
    redis::cmd("PUBLISH").arg("0:news").arg("again").exec_async(&mut link.conn()).await.unwrap();
    assert_eq!(news.next().await, SubscriptionEvent::Message(b"again".to_vec()));
}
