//! Figures of indexing: many small documents, one large file, and a worker that is killed again and again.
//!
//! The API and the worker are processes of their own, so that memory is the worker's alone; the embedding model is the
//! stub, which answers at once.

mod knowledge;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use test_kit::TestDatabase;

use crate::process::{Role, free_port, wait_for};
use crate::report::Report;
use knowledge::Knowledge;

/// How much is indexed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amounts {
    pub(crate) documents: usize,
    pub(crate) megabytes: usize,
    pub(crate) kills: u32,
}

/// Words of a paragraph of the large file.
const PARAGRAPH: usize = 120;
/// Documents that are on their way while workers die.
const WHILE_DYING: usize = 40;
const SEGMENTS_WHILE_DYING: usize = 100;
/// A killed worker's work is taken up within its lease; then it has to be done.
const PATIENCE: Duration = Duration::from_secs(3600);

struct Bench {
    environment: Vec<(String, String)>,
    knowledge: Knowledge,
}

pub(crate) async fn run(report: &mut Report, amounts: Amounts) -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let (port, stub_port) = (free_port()?, free_port()?);
    let storage = std::env::temp_dir().join(format!("ferrify-bench-{port}"));
    let environment: Vec<(String, String)> = [
        ("DATABASE_URL", database.postgres_url().expose_secret().to_owned()),
        ("REDIS_URL", database.redis_url().expose_secret().to_owned()),
        ("OPENDAL_FS_ROOT", storage.display().to_string()),
        ("FERRIFY_EGRESS_ALLOW_PRIVATE", "true".to_owned()),
        ("UPLOAD_FILE_SIZE_LIMIT", "500".to_owned()),
        ("SQLALCHEMY_POOL_SIZE", "20".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let _stub = Role::spawn(&["stub".to_owned(), stub_port.to_string(), "1".to_owned()], &[])?;
    let api = |tier: &str| Role::spawn(&["serve".to_owned(), port.to_string(), tier.to_owned()], &environment);
    let setting_up = api("all")?;
    wait_for(stub_port).await?;
    wait_for(port).await?;
    let key = crate::setup::dataset_key(port, stub_port).await.context("preparing the workspace")?;
    setting_up.kill().await?;
    let _api = api("service")?;
    wait_for(port).await?;
    let url = database.postgres_url().expose_secret().to_owned();
    let knowledge = Knowledge::new(port, key, url).await?;
    let bench = Bench { environment, knowledge };
    bench.small(report, amounts.documents).await?;
    bench.large(report, amounts.megabytes).await?;
    bench.dying(report, amounts.kills).await?;
    let removed = std::fs::remove_dir_all(&storage);
    removed.or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    Ok(())
}

impl Bench {
    async fn worker(&self) -> anyhow::Result<Role> {
        let port = free_port()?;
        let worker = Role::spawn(&["serve".to_owned(), port.to_string(), "worker".to_owned()], &self.environment)?;
        wait_for(port).await?;
        Ok(worker)
    }

    async fn small(&self, report: &mut Report, documents: usize) -> anyhow::Result<()> {
        report.heading("Many small documents");
        let worker = self.worker().await?;
        let dataset = self.knowledge.dataset("small").await?;
        let begun = Instant::now();
        for number in 0..documents {
            let text = format!("# Document {number}\n\n{}\n\n{}", words(number, 90), words(number + 1, 60));
            self.knowledge.add_text(&dataset, &format!("document {number}.md"), &text).await?;
        }
        let added = begun.elapsed();
        self.completed(&dataset, documents).await?;
        let elapsed = begun.elapsed();
        let segments = self.knowledge.segments(&dataset).await?;
        let (_, peak) = worker.memory()?;
        report.line(&format!(
            "{documents} Markdown documents ({segments} segments of 768 dimensions): all added over HTTP after {:.1} s, all indexed after {:.1} s: {:.0} documents/s, {:.0} segments/s; the worker's peak memory {peak:.0} MiB",
            added.as_secs_f64(),
            elapsed.as_secs_f64(),
            per_second(documents, elapsed),
            per_second(segments, elapsed),
        ));
        worker.kill().await
    }

    async fn large(&self, report: &mut Report, megabytes: usize) -> anyhow::Result<()> {
        report.heading("One large text file");
        let dataset = self.knowledge.dataset("large").await?;
        let mut text = String::with_capacity(megabytes * 1024 * 1024 + 4096);
        let mut number = 0;
        while text.len() < megabytes * 1024 * 1024 {
            text.push_str(&words(number, PARAGRAPH));
            text.push_str("\n\n");
            number += 1;
        }
        let worker = self.worker().await?;
        let (idle, _) = worker.memory()?;
        let begun = Instant::now();
        self.knowledge.add_file(&dataset, "large.txt", text.into_bytes()).await?;
        self.completed(&dataset, 1).await?;
        let elapsed = begun.elapsed();
        let segments = self.knowledge.segments(&dataset).await?;
        let (_, peak) = worker.memory()?;
        report.line(&format!(
            "{megabytes} MiB of text ({segments} segments of 768 dimensions): {:.0} s, {:.0} segments/s; the worker's memory {idle:.0} MiB idle, {peak:.0} MiB at its highest",
            elapsed.as_secs_f64(),
            per_second(segments, elapsed),
        ));
        worker.kill().await
    }

    async fn dying(&self, report: &mut Report, kills: u32) -> anyhow::Result<()> {
        report.heading("A worker that is killed");
        let dataset = self.knowledge.dataset("dying").await?;
        for number in 0..WHILE_DYING {
            let text: Vec<String> = (0..SEGMENTS_WHILE_DYING).map(|n| words(number * 1000 + n, 60)).collect();
            self.knowledge.add_text(&dataset, &format!("document {number}"), &text.join("\n\n")).await?;
        }
        for kill in 0..kills {
            let worker = self.worker().await?;
            // At no moment in particular.
            tokio::time::sleep(Duration::from_millis(u64::from(kill * 7919 % 900 + 100))).await;
            worker.kill().await?;
        }
        let worker = self.worker().await?;
        let begun = Instant::now();
        self.completed(&dataset, WHILE_DYING).await?;
        let elapsed = begun.elapsed();
        let (segments, doubled, vectors) = self.knowledge.whole(&dataset).await?;
        let expected = i64::try_from(WHILE_DYING * SEGMENTS_WHILE_DYING)?;
        report.line(&format!(
            "{kills} kills while {WHILE_DYING} documents of {SEGMENTS_WHILE_DYING} segments were indexed: {} segments lost, {doubled} doubled, {} vectors too many; all complete {:.1} s after the last restart",
            expected - segments,
            vectors - segments,
            elapsed.as_secs_f64(),
        ));
        worker.kill().await
    }

    async fn completed(&self, dataset: &str, documents: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let (completed, failed) = self.knowledge.states(dataset).await?;
            if failed > 0 {
                bail!("{failed} documents could not be indexed");
            }
            if completed == documents {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("only {completed} of {documents} documents are indexed after {PATIENCE:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate to show")]
fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// Words that are the same for the same seed.
fn words(seed: usize, count: usize) -> String {
    const WORDS: [&str; 24] = [
        "river", "stone", "winter", "engine", "letter", "garden", "market", "signal", "copper", "harbour", "meadow",
        "lantern", "orchard", "village", "quarrel", "thunder", "whisper", "journey", "pattern", "measure", "balance",
        "courage", "silence", "horizon",
    ];
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let mut text = format!("Part {seed} says");
    for _ in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push(' ');
        text.push_str(WORDS.get((state >> 33) % WORDS.len()).copied().unwrap_or_default());
    }
    text.push('.');
    text
}
