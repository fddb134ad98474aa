//! How to reach Redis and how long to wait for it.

use std::time::Duration;

use secrecy::SecretString;

/// Where Redis is and how patient its users are.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://[user:password@]host:port/database` or `unix:///path`.
    pub url: SecretString,
    /// For opening a connection.
    pub connect_timeout: Duration,
    /// For the answer to one command or pipeline.
    pub response_timeout: Duration,
    /// How often an idle subscription asks whether its connection still lives.
    pub subscription_ping: Duration,
}

impl RedisSettings {
    /// The defaults: one second to connect, two for an answer.
    #[must_use]
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(1),
            response_timeout: Duration::from_secs(2),
            subscription_ping: Duration::from_secs(10),
        }
    }
}
