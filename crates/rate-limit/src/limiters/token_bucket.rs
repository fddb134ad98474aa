//! A steady rate with room for a burst.

use crate::limiter::{Call, FailurePolicy, Limiter};

pub(crate) struct TokenBucket<'a> {
    pub(crate) scope: &'a str,
    pub(crate) rate_per_second: f64,
    pub(crate) burst: u32,
}

impl Limiter for TokenBucket<'_> {
    fn name(&self) -> &'static str {
        "token_bucket"
    }

    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::Open
    }

    fn limits(&self) -> bool {
        self.burst > 0 && self.rate_per_second > 0.0 && self.rate_per_second.is_finite()
    }

    fn call(&self) -> Call {
        Call {
            keys: vec![format!("ferrify:bucket:{{{}}}", self.scope)],
            arguments: vec![self.rate_per_second.to_string(), self.burst.to_string()],
        }
    }
}
