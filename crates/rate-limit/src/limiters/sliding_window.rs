//! So many within any stretch of time, exactly: every admission is remembered for the length of the window.

use std::time::Duration;

use uuid::Uuid;

use crate::limiter::{Call, FailurePolicy, Limiter};

pub(crate) struct SlidingWindow<'a> {
    pub(crate) scope: &'a str,
    pub(crate) limit: u32,
    pub(crate) window: Duration,
}

impl Limiter for SlidingWindow<'_> {
    fn name(&self) -> &'static str {
        "sliding_window"
    }

    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::Closed
    }

    fn limits(&self) -> bool {
        self.limit > 0 && !self.window.is_zero()
    }

    fn call(&self) -> Call {
        Call {
            keys: vec![format!("ferrify:window:{{{}}}", self.scope)],
            arguments: vec![
                self.limit.to_string(),
                self.window.as_secs_f64().to_string(),
                // Two admissions in the same microsecond are two.
                Uuid::new_v4().simple().to_string(),
            ],
        }
    }
}
