//! The level in Redis: values with their marks, and the news of invalidations.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Duration;

use redis::{RedisResult, Script};
use redis_link::RedisLink;
use uuid::Uuid;

use crate::spec::Scope;

static STORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/store.lua")));

/// Longer than any load takes.
const MARK_SECONDS: u64 = 600;

/// The two keys of one value: the value itself, and the mark of its last invalidation.
pub(crate) struct Place {
    value: String,
    mark: String,
}

impl Place {
    pub(crate) fn new(name: &str, scope: Scope, key: &impl Display) -> Self {
        let value = format!("ferrify:{{{scope}}}:cache:{name}:{key}");
        let mark = format!("{value}:mark");
        Self { value, mark }
    }
}

/// What Redis says of a key.
pub(crate) struct Found {
    pub(crate) value: Option<Vec<u8>>,
    mark: Vec<u8>,
}

pub(crate) async fn find(link: &RedisLink, place: &Place) -> RedisResult<Found> {
    let (value, mark): (Option<Vec<u8>>, Option<Vec<u8>>) =
        redis::cmd("MGET").arg(&place.value).arg(&place.mark).query_async(&mut link.conn()).await?;
    Ok(Found { value, mark: mark.unwrap_or_default() })
}

pub(crate) async fn store(
    link: &RedisLink,
    place: &Place,
    seen: &Found,
    value: &[u8],
    ttl: Duration,
) -> RedisResult<()> {
    let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
    let mut script = STORE.key(&place.value);
    script.key(&place.mark).arg(&seen.mark).arg(value).arg(ttl);
    script.invoke_async::<i64>(&mut link.conn()).await.map(|_stored| ())
}

/// An invalidation as it is told to Redis and to the other processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalidation {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) key: String,
    pub(crate) shared: bool,
}

impl Invalidation {
    /// In one round trip: new mark first, so that a load under way can no longer store what it read.
    pub(crate) async fn tell(&self, link: &RedisLink, channel: &str) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        if self.shared {
            let place = Place::new(self.name, self.scope, &self.key);
            pipeline.cmd("SET").arg(&place.mark).arg(Uuid::new_v4().to_string()).arg("EX").arg(MARK_SECONDS).ignore();
            pipeline.cmd("DEL").arg(&place.value).ignore();
        }
        pipeline.cmd("PUBLISH").arg(channel).arg(format!("{}\n{}\n{}", self.name, self.scope, self.key)).ignore();
        pipeline.exec_async(&mut link.conn()).await
    }
}

/// Name, scope and key of a message.
pub(crate) fn parse(message: &[u8]) -> Option<(&str, &str, &str)> {
    let (name, rest) = std::str::from_utf8(message).ok()?.split_once('\n')?;
    let (scope, key) = rest.split_once('\n')?;
    Some((name, scope, key))
}
