//! The figures, one after the other.

mod overload;
mod requests;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use egress::{Client, Policy};
use secrecy::ExposeSecret;
use test_kit::TestDatabase;

use crate::client::{Connection, request};
use crate::load::Load;
use crate::process::{PACED, PACED_TIME, Role, free_port, wait_for};
use crate::report::Report;
use crate::{Arguments, database, history, hold, load, reattach, setup};

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 32, 256];
const WORKFLOW_CLIENTS: [usize; 4] = [1, 32, 60, 256];
/// Requests over which round trips are averaged.
const COUNTED: u32 = 50;

/// A chat message of one of the clients.
fn chat(key: &str, mode: &str, client: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"inputs":{{}},"query":"How are you?","response_mode":"{mode}","user":"user-{client}","auto_generate_name":false}}"#
    );
    request("POST", "/v1/chat-messages", key, Some(&body))
}

/// A run of a workflow for one of the clients.
fn workflow(key: &str, client: usize) -> Vec<u8> {
    let body = format!(r#"{{"inputs":{{"text":"Hello"}},"response_mode":"blocking","user":"user-{client}"}}"#);
    request("POST", "/v1/workflows/run", key, Some(&body))
}

/// Everything that is running while figures are taken.
struct Bench {
    server: Role,
    port: u16,
    stub_port: u16,
    keys: setup::Keys,
    database_url: String,
    environment: Vec<(String, String)>,
    seconds: Duration,
    only: Option<String>,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // Better now than after half an hour.
    if wants(arguments.only.as_deref(), streams::NAME) {
        streams::enough_files(arguments.streams)?;
    }
    let database = TestDatabase::create().await;
    let (port, stub_port) = (free_port()?, free_port()?);
    let _stub = Role::spawn(&["stub".to_owned(), stub_port.to_string(), arguments.hold_seconds.to_string()], &[])?;
    let database_url = database.postgres_url().expose_secret().to_owned();
    let storage = std::env::temp_dir().join(format!("ferrify-bench-{port}"));
    let environment: Vec<(String, String)> = [
        ("DATABASE_URL", database_url.clone()),
        ("REDIS_URL", database.redis_url().expose_secret().to_owned()),
        ("OPENDAL_FS_ROOT", storage.display().to_string()),
        ("FERRIFY_EGRESS_ALLOW_PRIVATE", "true".to_owned()),
        ("SQLALCHEMY_POOL_SIZE", "20".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let server = Role::spawn(&["serve".to_owned(), port.to_string(), "all".to_owned()], &environment)?;
    wait_for(stub_port).await?;
    wait_for(port).await?;
    let keys = setup::run(port, stub_port).await.context("preparing the apps")?;
    let bench = Bench {
        server,
        port,
        stub_port,
        keys,
        database_url,
        environment,
        seconds: Duration::from_secs(arguments.seconds),
        only: arguments.only.clone(),
    };
    let mut report = Report::default();
    describe_machine(&mut report);
    report.line("Load generator, Postgres, Redis and stub run on the same cores.");
    bench.loads(&mut report).await?;
    bench.workflows(&mut report).await?;
    bench.overhead(&mut report).await?;
    bench.round_trips(&mut report).await?;
    bench.requests(&mut report).await?;
    bench.cuts(&mut report).await?;
    bench.overload(&mut report).await?;
    bench.hold(&mut report, arguments.hold).await?;
    bench.streams(&mut report, arguments.streams).await?;
    let removed = std::fs::remove_dir_all(&storage);
    removed.or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    Ok(())
}

pub(crate) fn describe_machine(report: &mut Report) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .map_or("unknown", |l| l.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = read("/proc/meminfo");
    let memory = memory.lines().next().unwrap_or_default();
    report.line(&format!("Machine: {cores} cores ({model}), {memory}."));
}

/// Whether a figure is asked for, if only those are that have this in their names.
fn wants(only: Option<&str>, name: &str) -> bool {
    only.is_none_or(|part| name.contains(part))
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        wants(self.only.as_deref(), name)
    }

    async fn loads(&self, report: &mut Report) -> anyhow::Result<()> {
        let chats = ["streaming", "blocking"].map(|mode| (mode, format!("POST /v1/chat-messages {mode}, 50 chunks")));
        if !self.wants("GET /v1/parameters") && !chats.iter().any(|(_, name)| self.wants(name)) {
            return Ok(());
        }
        report.heading("Throughput and latency");
        let (idle, _) = self.server.memory()?;
        report.loads();
        for clients in CLIENTS {
            let key = self.keys.fast.clone();
            self.load(report, "GET /v1/parameters", clients, move |_| request("GET", "/v1/parameters", &key, None))
                .await?;
        }
        for (mode, name) in chats {
            for clients in CLIENTS {
                let key = self.keys.fast.clone();
                self.load(report, &name, clients, move |client| chat(&key, mode, client)).await?;
            }
        }
        let (now, peak) = self.server.memory()?;
        report.line(&format!("\nResident memory of the server: {idle:.0} MiB idle after start, {now:.0} MiB after the load, {peak:.0} MiB at its peak."));
        Ok(())
    }

    async fn load(
        &self,
        report: &mut Report,
        name: &str,
        clients: usize,
        make: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        if !self.wants(name) {
            return Ok(());
        }
        let load = Load { port: self.port, clients, time: self.seconds, spread: Duration::ZERO };
        let outcome = load::run(load, Arc::new(make)).await?;
        report.load(name, &outcome);
        Ok(())
    }

    /// Blocking runs of workflows, written to the tables.
    async fn workflows(&self, report: &mut Report) -> anyhow::Result<()> {
        if !self.wants("workflow") {
            return Ok(());
        }
        report.heading("Runs of workflows");
        report.loads();
        for (name, key) in [
            ("POST /v1/workflows/run blocking, one template", &self.keys.short_workflow),
            ("POST /v1/workflows/run blocking, 20 templates", &self.keys.long_workflow),
        ] {
            for clients in WORKFLOW_CLIENTS {
                let key = key.clone();
                self.load(report, name, clients, move |client| workflow(&key, client)).await?;
            }
        }
        let http = Client::new(Policy { allow_private: true, ..Policy::default() })?;
        let mut connection = Connection::open(self.port).await?;
        let ask = workflow(&self.keys.short_workflow, 0);
        connection.exchange(&ask).await?;
        let before = self.counters(&http).await?;
        for _ in 0..COUNTED {
            connection.exchange(&ask).await?;
        }
        let after = self.counters(&http).await?;
        let each = |a: f64, b: f64| (b - a) / f64::from(COUNTED);
        report.line(&format!(
            "\nRound trips of a run: Postgres {:.2}, Redis {:.2} (with heartbeats and flushes of the background).",
            each(before.0, after.0),
            each(before.1, after.1)
        ));
        Ok(())
    }

    /// What the server adds to the first word of a model that takes its time, as models do: the machine is not full,
    /// so this is the server's own delay and not a queue of the load's making.
    async fn overhead(&self, report: &mut Report) -> anyhow::Result<()> {
        if !self.wants("overhead") {
            return Ok(());
        }
        report.heading("Overhead to the first event when the model sends a chunk every 10 ms");
        report.overheads();
        for clients in CLIENTS {
            let call = format!(
                r#"{{"model":"{PACED}","stream":true,"messages":[{{"role":"user","content":"How are you?"}}]}}"#
            );
            let bytes = request("POST", "/v1/chat/completions", "bench", Some(&call));
            let of = |port| Load { port, clients, time: self.seconds, spread: PACED_TIME };
            let own = load::run(of(self.stub_port), Arc::new(move |_| bytes.clone())).await?;
            let key = self.keys.paced.clone();
            let whole = load::run(of(self.port), Arc::new(move |client| chat(&key, "streaming", client))).await?;
            report.overhead(&own, &whole);
        }
        Ok(())
    }

    async fn round_trips(&self, report: &mut Report) -> anyhow::Result<()> {
        if !self.wants("round trips") {
            return Ok(());
        }
        report.heading("Round trips of a chat message in an existing conversation");
        let http = Client::new(Policy { allow_private: true, ..Policy::default() })?;
        let ask = |conversation: &str| {
            let body = format!(
                r#"{{"inputs":{{}},"query":"Again?","response_mode":"blocking","user":"counted","conversation_id":"{conversation}","auto_generate_name":false}}"#
            );
            request("POST", "/v1/chat-messages", &self.keys.fast, Some(&body))
        };
        let mut connection = Connection::open(self.port).await?;
        connection.exchange(&ask("")).await?;
        let conversation = history::conversation_in(&connection.last())?;
        let before = self.counters(&http).await?;
        for _ in 0..COUNTED {
            connection.exchange(&ask(&conversation)).await?;
        }
        let after = self.counters(&http).await?;
        let each = |a: f64, b: f64| (b - a) / f64::from(COUNTED);
        report.line(&format!(
            "Postgres {:.2}, Redis {:.2} (with heartbeats and flushes of the background).",
            each(before.0, after.0),
            each(before.1, after.1)
        ));
        Ok(())
    }

    async fn counters(&self, http: &Client) -> anyhow::Result<(f64, f64)> {
        let text = http.get(&format!("http://127.0.0.1:{}/metrics", self.port))?.send().await?.text().await?;
        let value =
            |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.trim().parse::<f64>().ok()).unwrap_or(0.0);
        Ok((value("ferrify_db_statements_total"), value("ferrify_redis_round_trips_total")))
    }

    /// A client that is cut again and again, and comes back on another replica.
    async fn cuts(&self, report: &mut Report) -> anyhow::Result<()> {
        if !self.wants("cuts") {
            return Ok(());
        }
        report.heading("A client that is cut after every event and comes back on another replica");
        let port = free_port()?;
        let _replica = Role::spawn(&["serve".to_owned(), port.to_string(), "service".to_owned()], &self.environment)?;
        wait_for(port).await?;
        let cuts = reattach::cut_after_every_event([self.port, port], &self.keys.paced).await?;
        report.line(&format!(
            "{} cuts, {} events, each once and in order; {:.1} ms from coming back to the next event (median).",
            cuts.cuts,
            cuts.events,
            cuts.back.as_secs_f64() * 1000.0
        ));
        Ok(())
    }

    async fn hold(&self, report: &mut Report, count: usize) -> anyhow::Result<()> {
        if count == 0 || !self.wants("hold") {
            return Ok(());
        }
        report.heading("Many chats whose model takes its time");
        // The tier alone and fresh, as it is deployed.
        let port = free_port()?;
        let tier = Role::spawn(&["serve".to_owned(), port.to_string(), "service".to_owned()], &self.environment)?;
        wait_for(port).await?;
        let (idle, _) = tier.memory()?;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let watching = tokio::spawn(database::watch(self.database_url.clone(), stopped));
        let held = hold::run(port, &self.keys.slow, count).await?;
        stop.send_replace(true);
        let worst = watching.await??;
        let (now, peak) = tier.memory()?;
        report.line(&format!(
            "{count} chats at once, pool of 20: {} finished, {} failed, {:.0} s in all; at most {} connections, longest idle in transaction {:.2} s; memory of the tier {idle:.0} MiB idle, {peak:.0} MiB at its peak, {now:.0} MiB afterwards.",
            held.finished, held.failed, held.seconds, worst.connections, worst.idle_in_transaction
        ));
        Ok(())
    }
}
