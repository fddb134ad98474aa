//! The clock of one stream: first token, silence and total.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::runtime::Limits;

/// How long a finished answer is kept waiting for its end mark.
const CLOSING_TIME: Duration = Duration::from_secs(3);

/// One timer per stream; moving its deadline further away costs next to nothing.
pub(crate) struct Watch {
    timer: Pin<Box<Sleep>>,
    end: Instant,
    silence: Duration,
    first_token_seen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Elapsed {
    #[error("the upstream took too long to start its answer")]
    FirstToken,
    #[error("the upstream fell silent")]
    Silence,
    #[error("the answer took too long")]
    Total,
}

impl Watch {
    pub(crate) fn start(started: Instant, limits: &Limits) -> Self {
        let end = started + limits.total;
        let first = (started + limits.first_token).min(end);
        Self { timer: Box::pin(sleep_until(first)), end, silence: limits.silence, first_token_seen: false }
    }

    /// Runs one step under the current limit.
    pub(crate) async fn limit<T>(&mut self, step: impl Future<Output = T>) -> Result<T, Elapsed> {
        tokio::select! {
            biased;
            done = step => Ok(done),
            () = &mut self.timer => Err(self.reason()),
        }
    }

    /// From now on silence counts.
    pub(crate) fn first_token(&mut self) {
        if !self.first_token_seen {
            self.first_token_seen = true;
            self.heard();
        }
    }

    /// Something arrived.
    pub(crate) fn heard(&mut self) {
        if self.first_token_seen {
            let next = (Instant::now() + self.silence).min(self.end);
            self.timer.as_mut().reset(next);
        }
    }

    /// The answer is complete; only formalities (a count of tokens, an end mark) may follow.
    pub(crate) fn closing(&mut self) {
        self.first_token_seen = true;
        self.silence = self.silence.min(CLOSING_TIME);
        self.heard();
    }

    fn reason(&self) -> Elapsed {
        if Instant::now() >= self.end {
            Elapsed::Total
        } else if self.first_token_seen {
            Elapsed::Silence
        } else {
            Elapsed::FirstToken
        }
    }
}
