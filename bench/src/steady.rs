//! Requests that come at a steady rate, whether or not the ones before them were answered. Latency counts from the
//! moment at which a request was due: one that had to wait for its client shows the wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::sync::mpsc;

use crate::client::{Connection, Timing};
use crate::load::Outcome;

/// The status of a request that was turned away.
const TOO_MANY: u16 = 429;
/// Timings that wait to be counted.
const UNCOUNTED: usize = 1024;

/// How many requests come, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady {
    pub(crate) port: u16,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) time: Duration,
    /// Connections over which they go. More requests than that at once wait for one, and their wait counts.
    pub(crate) clients: usize,
}

/// What became of them.
pub(crate) struct Answers {
    /// Also every failure that is not a refusal.
    pub(crate) answered: Outcome,
    /// With 429.
    pub(crate) refused: Outcome,
}

/// Sends them; `request` makes the bytes of a client's requests.
pub(crate) async fn run(
    steady: Steady,
    request: Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>,
) -> anyhow::Result<Answers> {
    let Steady { port, rate, time, clients } = steady;
    let next = Arc::new(AtomicU32::new(0));
    let begun = Instant::now();
    let (results, mut told) = mpsc::channel(UNCOUNTED);
    for client in 0..clients {
        let schedule = Schedule { next: Arc::clone(&next), begun, until: begun + time, pause: 1.0 / rate.max(0.1) };
        let (bytes, results) = (request(client), results.clone());
        tokio::spawn(async move { one(port, &schedule, &bytes, &results).await });
    }
    drop(results);
    let (mut answered, mut refused) = (Outcome::new(clients)?, Outcome::new(clients)?);
    while let Some(result) = told.recv().await {
        match result {
            Ok(timing) if timing.status == TOO_MANY => refused.record(timing),
            Ok(timing) => answered.record(timing),
            Err(example) => answered.fail(example),
        }
    }
    // From the first request to the last answer.
    answered.elapsed = begun.elapsed();
    refused.elapsed = answered.elapsed;
    Ok(Answers { answered, refused })
}

/// When which request is due.
struct Schedule {
    next: Arc<AtomicU32>,
    begun: Instant,
    until: Instant,
    /// Seconds between two requests.
    pause: f64,
}

impl Schedule {
    fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let due = self.begun + Duration::from_secs_f64(f64::from(number) * self.pause);
        (due < self.until).then_some(due)
    }
}

async fn one(port: u16, schedule: &Schedule, request: &[u8], results: &mpsc::Sender<Result<Timing, String>>) {
    let mut connection = None;
    while let Some(due) = schedule.next() {
        let late = Instant::now() > due;
        tokio::time::sleep_until(due.into()).await;
        // The timer's own lateness, a millisecond or two, is no fault of the server.
        let counted = if late { due } else { Instant::now() };
        let result = async {
            let mut open = match connection.take() {
                Some(open) => open,
                None => Connection::open(port).await?,
            };
            let waited = counted.elapsed();
            let timing = open.exchange(request).await?;
            let known = timing.succeeded() || timing.status == TOO_MANY;
            let said = if known { String::new() } else { open.last() };
            connection = Some(open);
            if !known {
                bail!(said);
            }
            Ok(Timing { first: timing.first + waited, total: timing.total + waited, ..timing })
        }
        .await;
        // Nobody counts any more only when the program ends.
        let _ = results.send(result.map_err(|error: anyhow::Error| format!("{error:#}"))).await;
    }
}
