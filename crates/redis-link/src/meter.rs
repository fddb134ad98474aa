//! Counting what is sent.

use std::sync::atomic::{AtomicU64, Ordering};

/// What one link has sent since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    pub commands: u64,
    /// A pipeline is one round trip, however many commands it holds.
    pub round_trips: u64,
}

/// Counts for this link, and process-wide as metrics.
pub(crate) struct Meter {
    commands: AtomicU64,
    round_trips: AtomicU64,
    commands_total: metrics::Counter,
    round_trips_total: metrics::Counter,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            commands: AtomicU64::new(0),
            round_trips: AtomicU64::new(0),
            commands_total: metrics::counter!("ferrify_redis_commands_total"),
            round_trips_total: metrics::counter!("ferrify_redis_round_trips_total"),
        }
    }
}

impl Meter {
    pub(crate) fn count(&self, commands: usize) {
        let commands = commands as u64;
        self.commands.fetch_add(commands, Ordering::Relaxed);
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.commands_total.increment(commands);
        self.round_trips_total.increment(1);
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            commands: self.commands.load(Ordering::Relaxed),
            round_trips: self.round_trips.load(Ordering::Relaxed),
        }
    }
}
