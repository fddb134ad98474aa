//! Limits that all processes share, kept in Redis.
//!
//! A caller states everything it demands at once; [`RateLimits::admit`] asks one Lua script, which admits all of it or
//! nothing, in one round trip. What is held for a while (a place among an app's concurrent requests) comes back in a
//! [`Permit`] and is given back when that is released or dropped.
//!
//! | limiter | key | when Redis is down |
//! | --- | --- | --- |
//! | `daily_quota` | `ferrify:{tenant}:quota`, one UTC day | open: an uncounted answer is better than none |
//! | `concurrency` | Dify's `dify:rate_limit:{app}:active_requests` | open: the servers' own limits still hold |
//! | `sliding_window` | `ferrify:window:{scope}` | **closed**: it guards against guessing and abuse |
//! | `token_bucket` | `ferrify:bucket:{scope}` | open: it smooths load |
//!
//! A limit of zero means "no limit", as in Dify's settings.
//!
//! # Sharing concurrency with Dify
//! Dify counts the fields of a hash and deletes fields older than 600 s. Our fields begin with `ferrify-` and are
//! renewed every 60 s while the permit is held, so Dify never deletes one of a live request, and counts it like its
//! own. We delete our fields after 180 s without renewal (their process is dead) and foreign ones after Dify's 600 s,
//! and only when the app is at its limit.
//!
//! The clock is that of Redis. The one script touches keys of several hash slots: with Redis Cluster, state demands of
//! one tenant and app together only when they share a slot.

mod demand;
mod limiter;
mod limiters;
mod permit;
mod rejection;
mod script;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis_link::RedisLink;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use demand::Demand;
pub use permit::Permit;
pub use rejection::Rejection;

use limiter::FailurePolicy;
use permit::Leases;
use script::Answer;

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    shared: Arc<Shared>,
}

struct Shared {
    link: RedisLink,
    leases: Arc<Leases>,
    down: AtomicBool,
}

impl RateLimits {
    #[must_use]
    pub fn new(link: RedisLink) -> Self {
        let leases = Arc::new(Leases::new(link.clone()));
        Self { shared: Arc::new(Shared { link, leases, down: AtomicBool::new(false) }) }
    }

    /// Spawns the one task that renews the leases of this process and gives dropped ones back. Without it a permit
    /// lasts three minutes, and a dropped one is not given back before that.
    pub fn spawn_background(&self, tasks: &TaskTracker, shutdown: CancellationToken) {
        tasks.spawn(permit::keep(Arc::clone(&self.shared.leases), shutdown));
    }

    /// Admits all demands or none, in one round trip. Demands without a limit cost nothing, so an empty slice does not
    /// ask Redis at all.
    ///
    /// # Errors
    /// The first demand that is exhausted; or, with Redis down, that a limiter that fails closed was among them.
    pub async fn admit(&self, demands: &[Demand]) -> Result<Permit, Rejection> {
        let limiters: Vec<_> = demands.iter().map(Demand::limiter).filter(|one| one.limits()).collect();
        let leases = limiters.iter().filter_map(|limiter| limiter.lease()).collect();
        let permit = || Permit::new(Arc::clone(&self.shared.leases), leases);
        if limiters.is_empty() {
            return Ok(permit());
        }
        match script::ask(&self.shared.link, &limiters).await {
            Ok(Answer::Admitted) => {
                self.shared.down.store(false, Ordering::Relaxed);
                Ok(permit())
            }
            Ok(Answer::Refused { by, retry_after }) => {
                self.shared.down.store(false, Ordering::Relaxed);
                let limiter = limiters.get(by).map_or("unknown", |limiter| limiter.name());
                metrics::counter!("ferrify_rate_limited_total", "limiter" => limiter).increment(1);
                Err(Rejection::Limited { limiter, retry_after })
            }
            Err(e) => {
                if !self.shared.down.swap(true, Ordering::Relaxed) {
                    tracing::error!(error = %e, "Redis fails: limits are not counted");
                }
                // The script may have run although its answer was lost: the permit gives back whatever it took.
                let permit = permit();
                if limiters.iter().any(|limiter| limiter.failure_policy() == FailurePolicy::Closed) {
                    return Err(Rejection::Unavailable);
                }
                Ok(permit)
            }
        }
    }
}
