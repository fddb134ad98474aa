//! Trying a call, and trying it again while nothing of the answer was seen.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::Instant;

use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::runtime::Runtime;
use crate::runtime::limits::Limits;

impl Runtime {
    /// Runs `attempt` until it succeeds, fails for good, or patience ends. Every attempt asks the breaker.
    pub(crate) async fn attempts<T, F>(
        &self,
        model: &ModelRef,
        started: Instant,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, InvokeError>
    where
        F: Future<Output = Result<T, InvokeError>>,
    {
        let limits = &*self.limits;
        let mut pauses = pauses(limits);
        loop {
            let permit = self.breakers.admit(&model.provider, model.tenant).map_err(|retry_after| {
                InvokeError::BreakerOpen { provider: model.provider.provider.clone(), retry_after }
            })?;
            let error = match attempt().await {
                Ok(done) => {
                    permit.report(None);
                    return Ok(done);
                }
                Err(error) => error,
            };
            permit.report(Some(&error));
            let Some(pause) = next_pause(&error, &mut pauses, limits) else { return Err(error) };
            // Also ends attempts that failed because the time was up.
            if Instant::now() + pause >= started + limits.first_token {
                return Err(error);
            }
            tracing::debug!(provider = %model.provider, kind = error.kind(), "a model call is tried again");
            metrics::counter!("ferrify_llm_retries_total", "provider" => model.provider.to_string()).increment(1);
            tokio::time::sleep(pause).await;
        }
    }
}

fn pauses(limits: &Limits) -> impl Iterator<Item = Duration> + Send + use<> {
    ExponentialBuilder::default()
        .with_min_delay(limits.retry_pause)
        .with_max_delay(limits.retry_pause_max)
        .with_max_times(limits.retries)
        .with_jitter()
        .build()
}

/// `None`: no further attempt.
fn next_pause(error: &InvokeError, pauses: &mut impl Iterator<Item = Duration>, limits: &Limits) -> Option<Duration> {
    match error {
        InvokeError::Connection { .. } | InvokeError::ServerUnavailable { .. } => pauses.next(),
        InvokeError::RateLimited { retry_after: Some(asked), .. } if *asked > limits.retry_after_max => None,
        InvokeError::RateLimited { retry_after, .. } => {
            let pause = pauses.next()?;
            Some(pause.max(retry_after.unwrap_or_default()))
        }
        InvokeError::Unauthorized { .. }
        | InvokeError::BadRequest { .. }
        | InvokeError::InvalidParameter { .. }
        | InvokeError::ModelNotFound { .. }
        | InvokeError::BreakerOpen { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passing_troubles_are_retried() {
        let limits = Limits { retry_after_max: Duration::from_secs(5), ..Limits::default() };
        let pause = Duration::from_millis(100);
        let next = |error: InvokeError| next_pause(&error, &mut [pause].into_iter(), &limits);
        let limited = |seconds: Option<u64>| InvokeError::RateLimited {
            provider: String::new(),
            message: String::new(),
            retry_after: seconds.map(Duration::from_secs),
        };
        assert_eq!(next(limited(None)), Some(pause));
        assert_eq!(next(limited(Some(3))), Some(Duration::from_secs(3)));
        assert_eq!(next(limited(Some(6))), None);
        let (provider, message) = (String::new(), String::new());
        assert_eq!(next(InvokeError::BadRequest { provider, message }), None);
    }
}
