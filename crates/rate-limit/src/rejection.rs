//! Why something was not admitted.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("limited by {limiter}, try again in {} s", retry_after.as_secs_f64().ceil())]
    Limited {
        limiter: &'static str,
        /// When it may work. For concurrency nobody knows: a second.
        retry_after: Duration,
    },
    /// Redis is down and a limiter that fails closed was asked.
    #[error("limits cannot be checked right now")]
    Unavailable,
}
