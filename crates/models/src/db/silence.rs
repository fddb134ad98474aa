//! Noticing servers that went silent.
//!
//! A server that dies properly closes its connections. One that hangs, or that vanished without a farewell, would be
//! waited for until somebody gives up: here that is the connection itself, which breaks off when an answer is overdue.
//! Statements that are merely slow are ended by the server first, and then the connection lives on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use server_timing::Waited;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::Connection;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// By so much the server is given the chance to be the first to give up.
const GRACE: Duration = Duration::from_secs(1);

/// Whether connections of a pool have met silence since somebody last asked.
#[derive(Clone, Default)]
pub(super) struct Suspicion(Arc<AtomicBool>);

impl Suspicion {
    /// Tells it once.
    pub(super) fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// Since when an answer is awaited on one connection.
struct Waiting {
    made: Instant,
    /// Milliseconds after `made`, plus one; 0 when nothing is awaited.
    since: AtomicU64,
}

impl Waiting {
    fn asked(&self) {
        let now = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.since.store(now + 1, Ordering::Relaxed);
    }

    fn answered(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    fn overdue(&self, limit: Duration) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since != 0 && self.made.elapsed() > Duration::from_millis(since) + limit
    }
}

/// Told of every statement; counts them, notes when their answers are due, and enters how long they took.
pub(super) struct Watch {
    waiting: Arc<Waiting>,
    asked: Instant,
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.asked = Instant::now();
            self.waiting.asked();
        } else if matches!(event, InstrumentationEvent::FinishQuery { .. }) {
            self.waiting.answered();
            server_timing::add(Waited::Db, self.asked.elapsed());
        }
        super::count_statements(event);
    }
}

/// Drives a connection in a task of its own until its client is gone, or until an answer is overdue.
pub(super) fn drive<S, T>(connection: Connection<S, T>, limit: Duration, suspicion: Suspicion) -> Watch
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let waiting = Arc::new(Waiting { made: Instant::now(), since: AtomicU64::new(0) });
    let watched = Arc::clone(&waiting);
    tokio::spawn(async move {
        let silence = async {
            let mut look = tokio::time::interval(LOOK_EVERY);
            while !watched.overdue(limit + GRACE) {
                look.tick().await;
            }
        };
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(error = %error, "a database connection was lost");
            },
            () = silence => {
                tracing::warn!("the database did not answer within {} s; the connection is given up", limit.as_secs());
                suspicion.0.store(true, Ordering::Relaxed);
            }
        }
    });
    Watch { waiting, asked: Instant::now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_overdue_only_while_they_are_awaited() {
        let waiting = Waiting { made: Instant::now(), since: AtomicU64::new(0) };
        assert!(!waiting.overdue(Duration::ZERO));
        waiting.asked();
        assert!(!waiting.overdue(Duration::from_secs(60)));
        let waiting = Waiting { made: Instant::now() - Duration::from_secs(10), since: AtomicU64::new(1) };
        assert!(waiting.overdue(Duration::from_secs(9)));
        waiting.answered();
        assert!(!waiting.overdue(Duration::ZERO));
    }

    #[test]
    fn a_suspicion_is_told_once() {
        let suspicion = Suspicion::default();
        assert!(!suspicion.take());
        suspicion.0.store(true, Ordering::Relaxed);
        assert!(suspicion.take() && !suspicion.take());
    }
}
