//! The Lua scripts, parsed and hashed once.

use std::sync::LazyLock;

use redis::Script;

/// As text too: inside a pipeline a script is sent whole, because a missing one could not be loaded in between.
pub(crate) const RENEW_TEXT: &str = include_str!("lua/renew.lua");

pub(crate) static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(RENEW_TEXT));
pub(crate) static STOP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/stop.lua")));
pub(crate) static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/claim.lua")));
