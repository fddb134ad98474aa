//! What a caller demands.

use std::time::Duration;

use uuid::Uuid;

use crate::limiter::Limiter;
use crate::limiters::{Concurrency, DailyQuota, SlidingWindow, TokenBucket};

/// One thing to be admitted to.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// `cost` units of what a tenant may use per UTC day.
    DailyQuota { tenant: Uuid, limit: u64, cost: u64 },
    /// One place among the concurrent requests of an app. The permit holds it.
    Concurrency { app: Uuid, max: u32, request_id: Uuid },
    /// One of `limit` within any `window`. The scope names who is counted, such as `login:198.51.100.7`.
    SlidingWindow { scope: String, limit: u32, window: Duration },
    /// One token of a bucket that fills at a steady rate.
    TokenBucket { scope: String, rate_per_second: f64, burst: u32 },
}

impl Demand {
    pub(crate) fn limiter(&self) -> Box<dyn Limiter + Send + Sync + '_> {
        match self {
            Self::DailyQuota { tenant, limit, cost } => {
                Box::new(DailyQuota { tenant: *tenant, limit: *limit, cost: *cost })
            }
            Self::Concurrency { app, max, request_id } => {
                Box::new(Concurrency { app: *app, max: *max, request_id: *request_id })
            }
            Self::SlidingWindow { scope, limit, window } => {
                Box::new(SlidingWindow { scope, limit: *limit, window: *window })
            }
            Self::TokenBucket { scope, rate_per_second, burst } => {
                Box::new(TokenBucket { scope, rate_per_second: *rate_per_second, burst: *burst })
            }
        }
    }
}
