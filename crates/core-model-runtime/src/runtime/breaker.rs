//! Circuit breakers, one per provider and workspace.
//!
//! Closed: calls pass, failures in a row are counted. Open: calls are refused until the pause is over. Half open:
//! one call passes as a probe; its success closes the breaker, its failure opens it for twice as long. Only
//! unhealthy pairs take memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::InvokeError;
use crate::id::ProviderId;
use crate::runtime::limits::BreakerLimits;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    provider: ProviderId,
    tenant: Uuid,
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    probing: bool,
}

#[derive(Clone)]
pub(crate) struct Breakers {
    limits: BreakerLimits,
    unhealthy: Arc<Mutex<HashMap<Key, Health>>>,
}

/// The right to make one call. Dropping it without a report (a cancelled call) says nothing about the upstream.
pub(crate) struct Permit {
    breakers: Breakers,
    key: Key,
    probe: bool,
}

impl Breakers {
    pub(crate) fn new(limits: BreakerLimits) -> Self {
        Self { limits, unhealthy: Arc::default() }
    }

    /// `Err` says how long calls are refused.
    pub(crate) fn admit(&self, provider: &ProviderId, tenant: Uuid) -> Result<Permit, Duration> {
        let key = Key { provider: provider.clone(), tenant };
        let mut probe = false;
        if let Some(Health { open: Some(open), .. }) = self.unhealthy.lock().get_mut(&key) {
            let now = Instant::now();
            if now < open.until {
                return Err(open.until - now);
            }
            if open.probing {
                return Err(Duration::from_secs(1));
            }
            open.probing = true;
            probe = true;
        }
        Ok(Permit { breakers: self.clone(), key, probe })
    }
}

impl Permit {
    /// Only what says that the upstream cannot be reached or is broken counts; a refusal is a sign of life.
    pub(crate) fn report(self, outcome: Option<&InvokeError>) {
        match outcome {
            Some(InvokeError::Connection { .. } | InvokeError::ServerUnavailable { .. }) => self.failed(),
            None
            | Some(
                InvokeError::RateLimited { .. }
                | InvokeError::Unauthorized { .. }
                | InvokeError::BadRequest { .. }
                | InvokeError::InvalidParameter { .. }
                | InvokeError::ModelNotFound { .. }
                | InvokeError::BreakerOpen { .. },
            ) => self.succeeded(),
        }
    }

    fn succeeded(mut self) {
        self.probe = false;
        let mut unhealthy = self.breakers.unhealthy.lock();
        if unhealthy.remove(&self.key).is_some_and(|health| health.open.is_some()) {
            publish(&unhealthy, &self.key.provider);
        }
    }

    fn failed(mut self) {
        let limits = self.breakers.limits;
        if limits.failures == 0 {
            return;
        }
        let probe = std::mem::take(&mut self.probe);
        let mut unhealthy = self.breakers.unhealthy.lock();
        let health = unhealthy.entry(self.key.clone()).or_default();
        health.failures = health.failures.saturating_add(1);
        let pause = match &health.open {
            Some(open) if probe => open.pause.saturating_mul(2).min(limits.pause_max),
            // A call from before the breaker opened.
            Some(_) => return,
            None if health.failures >= limits.failures => limits.pause,
            None => return,
        };
        health.open = Some(Open { until: Instant::now() + pause, pause, probing: false });
        publish(&unhealthy, &self.key.provider);
        tracing::warn!(provider = %self.key.provider, tenant.id = %self.key.tenant, pause_s = pause.as_secs(), "a model provider keeps failing, calls to it are paused");
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.probe
            && let Some(Health { open: Some(open), .. }) = self.breakers.unhealthy.lock().get_mut(&self.key)
        {
            open.probing = false;
        }
    }
}

/// The gauge is the number of workspaces for which the provider's breaker is not closed.
fn publish(unhealthy: &HashMap<Key, Health>, provider: &ProviderId) {
    let open = unhealthy.iter().filter(|(key, health)| key.provider == *provider && health.open.is_some()).count();
    metrics::gauge!("ferrify_breaker_state", "provider" => provider.to_string())
        .set(u32::try_from(open).unwrap_or(u32::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    struct Bench {
        breakers: Breakers,
        provider: ProviderId,
    }

    impl Bench {
        fn new() -> Self {
            let limits = BreakerLimits { failures: 2, pause: PAUSE, pause_max: PAUSE * 3 };
            Self { breakers: Breakers::new(limits), provider: "openai".parse().unwrap() }
        }

        fn admit(&self) -> Result<Permit, Duration> {
            self.breakers.admit(&self.provider, Uuid::nil())
        }

        fn fail(&self) {
            self.admit().unwrap_or_else(|_| panic!("refused")).report(Some(&down()));
        }
    }

    fn down() -> InvokeError {
        InvokeError::ServerUnavailable { provider: "openai".into(), message: "down".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_and_probes_once() {
        let bench = Bench::new();
        bench.fail();
        bench.admit().unwrap_or_else(|_| panic!()).report(None);
        bench.fail();
        assert!(bench.admit().is_ok());
        bench.fail();
        assert!(bench.admit().is_err());
        assert!(bench.breakers.admit(&bench.provider, Uuid::max()).is_ok());

        tokio::time::advance(PAUSE).await;
        let probe = bench.admit().unwrap_or_else(|_| panic!());
        assert!(bench.admit().is_err());
        drop(probe);
        let probe = bench.admit().unwrap_or_else(|_| panic!());
        probe.report(Some(&down()));
        tokio::time::advance(PAUSE).await;
        assert!(bench.admit().is_err());
        tokio::time::advance(PAUSE).await;
        bench.admit().unwrap_or_else(|_| panic!()).report(None);
        bench.fail();
        assert!(bench.admit().is_ok());
        assert!(bench.breakers.unhealthy.lock().len() == 1);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_signs_of_life() {
        let bench = Bench::new();
        for _ in 0..5 {
            bench.fail();
            let refused = InvokeError::BadRequest { provider: String::new(), message: String::new() };
            bench.admit().unwrap_or_else(|_| panic!()).report(Some(&refused));
        }
        assert!(bench.admit().is_ok());
    }
}
