//! The one connection handle to Redis.
//!
//! A process opens one [`RedisLink`] at boot and clones it into whatever needs Redis. Commands of all clones share one
//! multiplexed connection that reconnects by itself; every wait on it is bounded, so that a dead Redis costs a caller
//! a short time and an error, never a hang. After a silence nobody waits for a second. [`RedisLink::subscribe`] opens a connection of its own, because a
//! subscribed connection takes no commands.
//!
//! What must stay true:
//! - [`Conn`] counts every command and every round trip (`ferrify_redis_commands_total`,
//!   `ferrify_redis_round_trips_total`): budgets like "a chat message spends four" are tested with these numbers;
//! - only commands of Redis 6.2 and older are used on it, and none that block (`BLPOP`, `XREAD BLOCK`): one blocked
//!   command would hold up everybody;
//! - pub/sub channels are not separated by database number: put [`RedisLink::namespace`] into every channel name.

mod conn;
mod door;
mod error;
mod meter;
mod settings;
mod subscription;

use std::sync::Arc;

use redis::aio::ConnectionManagerConfig;
use redis::{Client, ConnectionInfo, IntoConnectionInfo};
use secrecy::ExposeSecret;

pub use conn::Conn;
pub use error::RedisError;
pub use meter::Traffic;
pub use settings::RedisSettings;
pub use subscription::{Subscription, SubscriptionEvent};

use door::Door;
use meter::Meter;

/// Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct RedisLink {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    door: Arc<Door>,
    database: i64,
    meter: Arc<Meter>,
    settings: RedisSettings,
    namespace: String,
}

impl RedisLink {
    /// Opens the link and checks that Redis answers.
    ///
    /// # Errors
    /// When the URL is unusable or nobody answers in time.
    pub async fn connect(settings: RedisSettings) -> Result<Self, RedisError> {
        let link = Self::open(settings)?;
        link.ping().await.map_err(|source| RedisError::Unreachable { address: link.address(), source })?;
        Ok(link)
    }

    /// Opens the link without waiting for Redis: the first command connects. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the URL is unusable.
    pub fn open(settings: RedisSettings) -> Result<Self, RedisError> {
        let info = connection_info(&settings)?;
        let database = info.redis_settings().db();
        let client = Client::open(info).map_err(RedisError::Url)?;
        // No pauses here: whoever waits is a request. An outage is retried by the next command.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(settings.response_timeout));
        let door = Arc::new(Door::new(client.clone(), config).map_err(RedisError::Url)?);
        let (meter, namespace) = (Arc::default(), database.to_string());
        Ok(Self { shared: Arc::new(Shared { client, door, database, meter, settings, namespace }) })
    }

    /// A connection for commands: pass `&mut` of it to the `redis` crate's `query_async` and `invoke_async`.
    #[must_use]
    pub fn conn(&self) -> Conn {
        Conn::new(Arc::clone(&self.shared.door), Arc::clone(&self.shared.meter), self.shared.database)
    }

    /// Listens on one channel. Connects, and reconnects for ever, as it is polled.
    #[must_use]
    pub fn subscribe(&self, channel: impl Into<String>) -> Subscription {
        Subscription::new(self.shared.client.clone(), &self.shared.settings, channel.into())
    }

    /// One round trip that changes nothing.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn ping(&self) -> redis::RedisResult<()> {
        redis::cmd("PING").exec_async(&mut self.conn()).await
    }

    /// The version of the server, such as `7.2.4`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn server_version(&self) -> redis::RedisResult<String> {
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut self.conn()).await?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.unwrap_or("of unknown version").trim().to_owned())
    }

    /// The database number as text, to be part of every pub/sub channel name.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// What all clones of this link have sent so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.meter.traffic()
    }

    /// Host and port, never the credentials.
    fn address(&self) -> String {
        self.shared.client.get_connection_info().addr().to_string()
    }
}

impl std::fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLink").field("address", &self.address()).field("database", &self.namespace()).finish()
    }
}

fn connection_info(settings: &RedisSettings) -> Result<ConnectionInfo, RedisError> {
    settings.url.expose_secret().into_connection_info().map_err(RedisError::Url)
}
