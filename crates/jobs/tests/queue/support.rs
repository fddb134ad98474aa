//! A job that does what a closure says, and a worker in this process.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use jobs::{Context, Failure, Handler, Handlers, Job, Options, Schedule, Worker, WorkerConfig};
use models::db::Pool;
use models::{JobId, TenantId};
use serde::{Deserialize, Serialize};
use test_kit::TestDatabase;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
}

impl Job for Step {
    const KIND: &'static str = "step";
    const MAX_ATTEMPTS: u16 = 3;
    const TIME_LIMIT: Duration = Duration::from_secs(5);

    fn pause_after(_attempt: u16) -> Duration {
        Duration::from_millis(20)
    }
}

pub(crate) fn step(name: impl Into<String>) -> Step {
    Step { name: name.into() }
}

/// A handler made of a closure.
struct Doing<F>(F);

#[async_trait]
impl<F> Handler for Doing<F>
where
    F: for<'a> Fn(Step, &'a Context) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync + 'static,
{
    type Job = Step;

    async fn run(&self, job: Step, context: &Context) -> Result<(), Failure> {
        (self.0)(job, context).await
    }
}

pub(crate) fn doing<F>(work: F) -> Handlers
where
    F: for<'a> Fn(Step, &'a Context) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync + 'static,
{
    Handlers::new().with(Doing(work))
}

/// Handlers that report each run, and the receiving end of the reports.
pub(crate) fn reporting() -> (Handlers, mpsc::UnboundedReceiver<String>) {
    let (ran, runs) = mpsc::unbounded_channel();
    let handlers = doing(move |job, _| {
        let ran = ran.clone();
        Box::pin(async move {
            let _ = ran.send(job.name);
            Ok(())
        })
    });
    (handlers, runs)
}

pub(crate) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

/// Quick in everything but polling: a test that passes was woken.
pub(crate) fn quick() -> WorkerConfig {
    WorkerConfig {
        slots: 4,
        lease: Duration::from_millis(600),
        poll: Duration::from_secs(2),
        drain: Duration::from_millis(300),
        measure: Duration::from_millis(100),
        ..WorkerConfig::default()
    }
}

pub(crate) fn worker(database: &TestDatabase, handlers: Handlers, config: WorkerConfig) -> Running {
    worker_with(database, handlers, config, Vec::new())
}

pub(crate) fn worker_with(
    database: &TestDatabase,
    handlers: Handlers,
    config: WorkerConfig,
    schedules: Vec<Schedule>,
) -> Running {
    // One connection: a handler that held it would stop everything.
    let pool = Pool::new(database.postgres_url(), 1, Duration::from_secs(5)).unwrap();
    let worker = Worker::new(pool, database.postgres_url().clone(), handlers, config);
    let worker = schedules.into_iter().fold(worker, Worker::with_schedule);
    let shutdown = CancellationToken::new();
    Running { task: tokio::spawn(worker.run(shutdown.clone())), shutdown }
}

pub(crate) async fn add(database: &TestDatabase, tenant: Option<TenantId>, name: &str) -> JobId {
    let added = jobs::enqueue(&mut *database.conn().await, tenant, &step(name), Options::default()).await;
    added.unwrap().unwrap()
}

/// The next report.
pub(crate) async fn next<T>(reports: &mut mpsc::UnboundedReceiver<T>) -> T {
    timeout(Duration::from_secs(10), reports.recv()).await.expect("a report in time").expect("somebody who reports")
}

/// Waits until the table says what it should.
pub(crate) async fn until_count(database: &TestDatabase, condition: &str, wanted: i64) {
    for _ in 0..400 {
        if database.rows().count("ferrify_jobs", condition, &[]).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let rows = database.rows().all("SELECT * FROM ferrify_jobs", &[]).await;
    panic!("there should be {wanted} jobs with {condition}: {rows:#?}");
}
