//! The shared connection, and what happens when Redis is silent.
//!
//! A connection that breaks is replaced by its manager. One that is merely silent, because Redis hangs or was moved
//! without a farewell, would be kept: each caller would wait for its own answer, for ever. So after an answer that did
//! not come in time the connection is given up, and for a moment nobody waits at all.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult};

/// How long callers are sent away at once after a silence.
const SHUT_FOR: Duration = Duration::from_secs(1);

pub(crate) struct Door {
    client: Client,
    config: ConnectionManagerConfig,
    state: Mutex<State>,
}

struct State {
    manager: ConnectionManager,
    /// Counts the managers, so that many late answers of one connection replace it once.
    number: u64,
    shut_until: Option<Instant>,
}

/// The connection to use for one command.
pub(crate) struct Entry {
    pub(crate) manager: ConnectionManager,
    number: u64,
}

impl Door {
    /// Must be called inside a tokio runtime.
    pub(crate) fn new(client: Client, config: ConnectionManagerConfig) -> RedisResult<Self> {
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        Ok(Self { client, config, state: Mutex::new(State { manager, number: 0, shut_until: None }) })
    }

    /// The connection, or at once an error that means that nothing was sent.
    pub(crate) fn enter(&self) -> RedisResult<Entry> {
        let mut state = self.state.lock();
        if state.shut_until.is_some_and(|until| Instant::now() < until) {
            let reason = "Redis was silent a moment ago";
            return Err(RedisError::from(std::io::Error::new(std::io::ErrorKind::ConnectionRefused, reason)));
        }
        state.shut_until = None;
        Ok(Entry { manager: state.manager.clone(), number: state.number })
    }

    /// Learns how a command on a connection went.
    pub(crate) fn learn(&self, entry: &Entry, error: &RedisError) {
        if !error.is_timeout() {
            return;
        }
        let mut state = self.state.lock();
        if state.number != entry.number {
            return;
        }
        match ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone()) {
            Ok(manager) => state.manager = manager,
            Err(e) => tracing::error!(error = %e, "the connection to Redis cannot be made anew"),
        }
        state.number += 1;
        state.shut_until = Some(Instant::now() + SHUT_FOR);
        drop(state);
        tracing::warn!(error = %error, "Redis is silent; connecting anew");
    }
}
