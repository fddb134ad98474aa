//! The Lua scripts, parsed and hashed once.

use std::sync::LazyLock;

use redis::Script;

/// As text: it runs inside pipelines, where a script that Redis does not know could not be loaded in between.
pub(crate) const RENEW_TEXT: &str = include_str!("lua/renew.lua");

/// As text, for the same reason.
pub(crate) const REGISTER_TEXT: &str = include_str!("lua/register.lua");

pub(crate) static STOP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/stop.lua")));
pub(crate) static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/keep.lua")));
pub(crate) static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/claim.lua")));
