//! A process as far as Redis can tell: its own link and its own registry.

use private_servers::testing;
use redis_link::{RedisLink, RedisSettings};
use runs::{NewRun, Owner, RunId, Runs, RunsConfig};
use serde_json::json;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub(crate) async fn redis_url() -> String {
    tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap()
}

pub(crate) struct Process {
    pub(crate) link: RedisLink,
    pub(crate) runs: Runs,
    _background: Option<DropGuard>,
}

impl Process {
    /// Without background tasks: every round trip on the link is one that was asked for.
    pub(crate) async fn quiet(url: &str, config: RunsConfig) -> Self {
        let link = RedisLink::connect(RedisSettings::new(url)).await.unwrap();
        Self { runs: Runs::new(link.clone(), config), link, _background: None }
    }

    /// With background tasks, listening for stops.
    pub(crate) async fn busy(url: &str, config: RunsConfig) -> Self {
        let process = Self::quiet(url, config).await;
        let shutdown = CancellationToken::new();
        process.runs.spawn_background(&TaskTracker::new(), shutdown.clone());
        Self { _background: Some(shutdown.drop_guard()), ..process }
    }
}

pub(crate) fn new_run() -> NewRun {
    NewRun {
        id: RunId::random(),
        tenant: Uuid::new_v4(),
        app: Uuid::new_v4(),
        owner: Owner::EndUser(Uuid::new_v4()),
        alias: None,
        mode: "chat".to_owned(),
        subject: json!({"message_id": "m"}),
    }
}

pub(crate) async fn get(link: &RedisLink, key: &str) -> Option<String> {
    redis::cmd("GET").arg(key).query_async(&mut link.conn()).await.unwrap()
}

pub(crate) async fn ttl(link: &RedisLink, key: &str) -> i64 {
    redis::cmd("TTL").arg(key).query_async(&mut link.conn()).await.unwrap()
}
