//! What a cache is like.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

/// The nature of one cache.
#[derive(Debug, Clone)]
pub struct CacheSpec {
    /// Part of the keys in Redis and the metric's label. One cache per name and hub.
    pub name: &'static str,
    /// How many values the process keeps.
    pub capacity: u64,
    pub ttl: Duration,
    /// For "there is none".
    pub negative_ttl: Duration,
    /// Whether values are kept in Redis too. Never for secrets.
    pub shared: bool,
}

/// Whose value it is: the first part of every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Tenant(Uuid),
    /// What is asked before the tenant is known, such as whose an API key is.
    Global,
}

impl From<Uuid> for Scope {
    fn from(tenant: Uuid) -> Self {
        Self::Tenant(tenant)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(id) => id.fmt(f),
            Self::Global => f.write_str("global"),
        }
    }
}
