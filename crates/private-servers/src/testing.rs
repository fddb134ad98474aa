//! For tests: ephemeral servers that all test processes of a user on a machine share, and a Redis database per test.
//!
//! Servers are started by whoever comes first and stay alive between runs, so that a test waits for a start once a
//! day. Isolation comes from database numbers (Redis) and from databases (Postgres, made by the test kit).

use std::path::PathBuf;

use crate::error::BootstrapError;
use crate::{Endpoints, Options};

const REDIS_DATABASES: u32 = 4096;
const POSTGRES_PORT: u16 = 15_432;
const REDIS_PORT: u16 = 16_379;

/// Where the shared servers live: one folder per user in the system's folder for temporary files.
#[must_use]
pub fn data_dir() -> PathBuf {
    let user = crate::command::text("id", ["-u"]).unwrap_or_else(|| "all".to_owned());
    std::env::temp_dir().join(format!("ferrify-test-servers-{user}"))
}

/// The shared servers, started when needed.
///
/// # Errors
/// As [`crate::ensure`].
pub fn servers(need_postgres: bool, need_redis: bool) -> Result<Endpoints, BootstrapError> {
    let options = Options {
        data_dir: data_dir(),
        postgres_port: POSTGRES_PORT,
        redis_port: REDIS_PORT,
        redis_databases: REDIS_DATABASES,
        need_postgres,
        need_redis,
        ephemeral: true,
    };
    crate::ensure(&options, &mut |_| {})
}

/// The URL of an empty Redis database that no other running test uses. Database 0 holds only the counter.
///
/// # Errors
/// As [`crate::ensure`], or when the server does not answer.
pub fn redis_database() -> Result<String, BootstrapError> {
    let failed = |log: String| BootstrapError::Command { what: "taking a Redis database for a test".to_owned(), log };
    let url = servers(false, true)?.redis_url.ok_or_else(|| failed("no address".to_owned()))?;
    let base = url.trim_end_matches("/0");
    let port: u16 = base
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .ok_or_else(|| failed(format!("no port in {url}")))?;
    let call = |words: &[&str]| crate::redis::call(port, words).map_err(|e| failed(e.to_string()));
    let turn: u32 = call(&["INCR", "ferrify:test:database"])?.parse().map_err(|e| failed(format!("{e}")))?;
    let number = (turn % (REDIS_DATABASES - 1) + 1).to_string();
    call(&["EVAL", "redis.call('SELECT', ARGV[1]); return redis.call('FLUSHDB')", "0", &number])?;
    Ok(format!("{base}/{number}"))
}

/// Asks the Redis database of a test something; arrays come back as lines.
///
/// # Errors
/// When the server does not answer, or refuses.
pub fn ask_redis(url: &str, words: &[&str]) -> std::io::Result<String> {
    let wrong = || std::io::Error::other(format!("{url} is no URL of a shared server's database"));
    let (port, number) = url.rsplit_once(':').and_then(|(_, end)| end.split_once('/')).ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_not_a_number| wrong())?;
    let mut script = vec!["EVAL", "redis.call('SELECT', ARGV[1]); return redis.call(unpack(ARGV, 2))", "0", number];
    script.extend(words);
    crate::redis::call(port, &script)
}
