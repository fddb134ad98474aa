//! Ten times more questions than a process takes: what becomes of those that it takes and of those that it does not,
//! and how soon it is as before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::{Bench, chat};
use crate::client::Connection;
use crate::load::{self, Load, Outcome};
use crate::process::{PACED_TIME, Role, free_port, wait_for};
use crate::report::Report;
use crate::steady::{self, Steady};

/// Answers at once.
const PLACES: usize = 50;
/// Clients that take nearly all of them: a place is free again a moment after its answer has ended.
const CLIENTS: usize = 40;
/// How much more comes than can be answered.
const TIMES: f64 = 10.0;
/// Connections beside those whose questions are being answered.
const REFUSED_CLIENTS: usize = 400;
/// The overload lasts for this many times the seconds of a figure: a minute.
const LASTS: u32 = 12;
/// Looks at the memory, from the beginning of the overload to its end.
const LOOKS: u32 = 20;
/// Between two attempts after the overload.
const ATTEMPT: Duration = Duration::from_millis(20);
/// The longest wait for the server to be as before.
const PATIENCE: Duration = Duration::from_secs(60);

impl Bench {
    pub(super) async fn overload(&self, report: &mut Report) -> anyhow::Result<()> {
        if !self.wants("overload") {
            return Ok(());
        }
        report.heading("Overload");
        let tier = self.crowded_tier().await?;
        // Nearly all places taken, nobody turned away.
        let key = self.keys.paced.clone();
        let make: Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync> = Arc::new(move |client| chat(&key, "streaming", client));
        let full = Load { port: tier.port, clients: CLIENTS, time: self.seconds, spread: PACED_TIME };
        let full = load::run(full, Arc::clone(&make)).await?;
        ensure!(full.requests > 0, "no question was answered: {:?}", full.example_of_error);
        let steady = Steady {
            port: tier.port,
            rate: full.per_second() * TIMES,
            time: self.seconds * LASTS,
            clients: 2 * PLACES + REFUSED_CLIENTS,
        };
        report.line(&format!(
            "{PLACES} answers at once (`FERRIFY_MAX_STREAMS`), each takes {} ms; then {:.0} questions a second for {} s.\n",
            PACED_TIME.as_millis(),
            steady.rate,
            steady.time.as_secs()
        ));
        let load = tokio::spawn(steady::run(steady, Arc::clone(&make)));
        let memory = tier.memory_during(steady.time).await?;
        let recovery = recovery(tier.port, &make(0), full.first_ms(0.99)).await?;
        let over = load.await??;
        report.loads();
        report.load("as many as can be answered", &full);
        report.load("ten times as much: accepted", &over.answered);
        report.load("ten times as much: refused with 429", &over.refused);
        let ratio = |of: fn(&Outcome, f64) -> f64| of(&over.answered, 0.99) / of(&full, 0.99).max(f64::MIN_POSITIVE);
        report.line(&format!(
            "\nRefused: {:.1} %. p99 of the accepted: {:.2} times that without overload to the first event, {:.2} times to the end. Memory {}. A question is answered as before {:.0} ms after the load ended.",
            share(over.refused.requests, over.answered.requests + over.answered.errors) * 100.0,
            ratio(Outcome::first_ms),
            ratio(Outcome::total_ms),
            memory,
            recovery.as_secs_f64() * 1000.0
        ));
        Ok(())
    }

    /// The tier alone, with few places.
    async fn crowded_tier(&self) -> anyhow::Result<Tier> {
        let port = free_port()?;
        let mut environment = self.environment.clone();
        for name in ["FERRIFY_MAX_STREAMS", "FERRIFY_MAX_STREAMS_PER_PROVIDER"] {
            environment.push((name.to_owned(), PLACES.to_string()));
        }
        let process = Role::spawn(&["serve".to_owned(), port.to_string(), "service".to_owned()], &environment)?;
        wait_for(port).await?;
        Ok(Tier { process, port })
    }
}

struct Tier {
    process: Role,
    port: u16,
}

impl Tier {
    /// What the process holds from the beginning of this time to its end, in words.
    async fn memory_during(&self, time: Duration) -> anyhow::Result<String> {
        let (mut looks, begun) = (Vec::new(), Instant::now());
        for look in 0..=LOOKS {
            tokio::time::sleep_until((begun + time * look / LOOKS).into()).await;
            looks.push(self.process.memory()?.0);
        }
        let at = |part: usize| looks.get((looks.len() - 1) * part / 2).copied().unwrap_or_default();
        let most = looks.iter().copied().fold(0.0, f64::max);
        Ok(format!(
            "{:.0} MiB at the beginning, {:.0} MiB in the middle, {:.0} MiB at the end, {most:.0} MiB at most",
            at(0),
            at(1),
            at(2)
        ))
    }
}

/// How long it takes from now until a question's first event comes within the usual time.
async fn recovery(port: u16, question: &[u8], usual_ms: f64) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut connection = Connection::open(port).await?;
    while begun.elapsed() < PATIENCE {
        let asked = begun.elapsed();
        let timing = connection.exchange(question).await?;
        if timing.succeeded() && timing.first.as_secs_f64() * 1000.0 <= usual_ms {
            return Ok(asked + timing.first);
        }
        tokio::time::sleep(ATTEMPT).await;
    }
    anyhow::bail!("the server was not as before {} s after the load", PATIENCE.as_secs())
}

#[expect(clippy::cast_precision_loss, reason = "a share to show")]
fn share(part: u64, rest: u64) -> f64 {
    part as f64 / (part + rest).max(1) as f64
}
