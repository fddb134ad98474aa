//! The limiters. Each has its Lua half in `lua/`, under its own name.

mod concurrency;
mod daily_quota;
mod sliding_window;
mod token_bucket;

pub(crate) use concurrency::Concurrency;
pub(crate) use daily_quota::DailyQuota;
pub(crate) use sliding_window::SlidingWindow;
pub(crate) use token_bucket::TokenBucket;
