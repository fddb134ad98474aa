//! What a job is.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::back_off;

/// A piece of work that can be written down. Fields may be added with `#[serde(default)]`, never removed while jobs of
/// the older form may be waiting.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name in the table; never changed once released.
    const KIND: &'static str;
    /// Jobs of one queue share its slots. Long work belongs into a queue of its own.
    const QUEUE: &'static str = "default";
    /// How often it is tried before it becomes a dead letter.
    const MAX_ATTEMPTS: u16 = 5;
    /// A single attempt that takes longer has failed.
    const TIME_LIMIT: Duration = Duration::from_secs(600);

    /// The pause after a failed attempt (the first is 1), before it is spread at random.
    fn pause_after(attempt: u16) -> Duration {
        back_off::exponential(attempt)
    }
}
