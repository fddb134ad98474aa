//! A number of clients that ask again and again for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;

use crate::client::{Connection, Timing};

/// What a load did.
pub(crate) struct Outcome {
    pub(crate) clients: usize,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) elapsed: Duration,
    first: Histogram<u64>,
    total: Histogram<u64>,
    pub(crate) example_of_error: Option<String>,
}

impl Outcome {
    pub(crate) fn new(clients: usize) -> anyhow::Result<Self> {
        let histogram = || Histogram::new_with_bounds(1, 300_000_000, 3).context("a histogram");
        Ok(Self {
            clients,
            requests: 0,
            errors: 0,
            elapsed: Duration::ZERO,
            first: histogram()?,
            total: histogram()?,
            example_of_error: None,
        })
    }

    pub(crate) fn record(&mut self, timing: Timing) {
        self.requests += 1;
        self.first.saturating_record(micros(timing.first));
        self.total.saturating_record(micros(timing.total));
    }

    pub(crate) fn fail(&mut self, example: String) {
        self.errors += 1;
        self.example_of_error = Some(example);
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.requests += other.requests;
        self.errors += other.errors;
        self.first.add(&other.first)?;
        self.total.add(&other.total)?;
        if self.example_of_error.is_none() {
            self.example_of_error.clone_from(&other.example_of_error);
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate to show")]
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// Milliseconds to the first event.
    pub(crate) fn first_ms(&self, quantile: f64) -> f64 {
        millis(self.first.value_at_quantile(quantile))
    }

    /// Milliseconds to the end.
    pub(crate) fn total_ms(&self, quantile: f64) -> f64 {
        millis(self.total.value_at_quantile(quantile))
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[expect(clippy::cast_precision_loss, reason = "a time to show")]
pub(crate) fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// Who asks, and for how long.
pub(crate) struct Load {
    pub(crate) port: u16,
    pub(crate) clients: usize,
    pub(crate) time: Duration,
    /// The clients begin one after the other over this time. Answers that all take the same time would otherwise keep
    /// them in step, and every request would meet all the others.
    pub(crate) spread: Duration,
}

/// Has the clients ask again and again; `request` makes the bytes of a client's request.
pub(crate) async fn run(load: Load, request: Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>) -> anyhow::Result<Outcome> {
    let Load { port, clients, time, spread } = load;
    let begun = Instant::now();
    let mut tasks = Vec::with_capacity(clients);
    for client in 0..clients {
        let bytes = request(client);
        let wait = spread.mul_f64(position(client, clients));
        tasks.push(tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            one(port, begun + time, &bytes).await
        }));
    }
    let mut outcome = Outcome::new(clients)?;
    for task in tasks {
        outcome.add(&task.await??)?;
    }
    outcome.elapsed = begun.elapsed();
    Ok(outcome)
}

/// Where among the others a client stands, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a fraction")]
fn position(client: usize, clients: usize) -> f64 {
    client as f64 / clients as f64
}

async fn one(port: u16, until: Instant, request: &[u8]) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::new(1)?;
    let mut connection = Connection::open(port).await?;
    while Instant::now() < until {
        match connection.exchange(request).await {
            Ok(timing) if timing.succeeded() => outcome.record(timing),
            Ok(_) => outcome.fail(connection.last()),
            Err(error) => {
                outcome.fail(error.to_string());
                connection = Connection::open(port).await?;
            }
        }
    }
    Ok(outcome)
}
