//! Limits of upstream calls.

use std::time::Duration;

/// Time, size and patience. The limit for connecting belongs to the HTTP client (`egress::Policy`).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the start of a call to the first token of a streamed reply, retries included.
    pub first_token: Duration,
    /// The longest pause between two pieces of a streamed reply.
    pub silence: Duration,
    /// From the start of a call to its end.
    pub total: Duration,
    /// How often a call that failed before its first token is tried again.
    pub retries: usize,
    /// The first pause before trying again; it doubles, with jitter.
    pub retry_pause: Duration,
    pub retry_pause_max: Duration,
    /// A rate limit is only waited for when the upstream asks for no more than this.
    pub retry_after_max: Duration,
    pub breaker: BreakerLimits,
    /// Calls of one workspace to one provider at once; 0 = no limit.
    pub calls_per_provider: usize,
    /// The largest event of a stream.
    pub max_event_bytes: usize,
    /// The largest answer that is not a stream.
    pub max_body_bytes: usize,
}

/// When calls to a failing provider are refused at once.
#[derive(Debug, Clone, Copy)]
pub struct BreakerLimits {
    /// Failures in a row that open the breaker; 0 switches it off.
    pub failures: u32,
    /// How long it stays open the first time; it doubles while probes fail.
    pub pause: Duration,
    pub pause_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(300),
            silence: Duration::from_secs(300),
            total: Duration::from_secs(1200),
            retries: 2,
            retry_pause: Duration::from_millis(250),
            retry_pause_max: Duration::from_secs(4),
            retry_after_max: Duration::from_secs(5),
            breaker: BreakerLimits::default(),
            calls_per_provider: 0,
            max_event_bytes: 8 * 1024 * 1024,
            max_body_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(10), pause_max: Duration::from_secs(120) }
    }
}
