//! The process that runs jobs.
//!
//! Per queue one task claims as many jobs as the queue has free slots; every job is a task of its own. Beside them: one
//! task renews the leases of all running jobs in one statement, one settles finished jobs in batches, one listens, one
//! looks at the clock for schedules, one measures.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use models::JobId;
use models::db::{DbError, Pool};
use models::job::Claim;
use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::handler::Handlers;
use crate::schedule::Schedule;
use crate::settle::Settlement;
use crate::wake::Wakes;
use crate::{claim, gauges, lease, schedule, settle, wake};

/// Settlements that may wait for the database; more hold the finished jobs' slots.
const SETTLEMENTS: usize = 256;
/// For handlers that were told to end, and then cut off.
const CUT_OFF: Duration = Duration::from_secs(5);

/// The numbers of a worker.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Jobs of one queue that run at once in this process.
    pub slots: usize,
    /// Other numbers of slots for single queues.
    pub slots_of: HashMap<String, usize>,
    /// How long a job stays with a worker that says nothing; renewed three times in that time.
    pub lease: Duration,
    /// How often a queue is looked at without being told to.
    pub poll: Duration,
    /// How long running jobs may go on after a stop signal.
    pub drain: Duration,
    /// How often the backlog is measured.
    pub measure: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            slots: 8,
            slots_of: HashMap::new(),
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(1),
            drain: Duration::from_secs(20),
            measure: Duration::from_secs(15),
        }
    }
}

/// Runs jobs until it is told to stop.
pub struct Worker {
    shared: Arc<Shared>,
    url: SecretString,
    schedules: Vec<Schedule>,
    settlements: mpsc::Receiver<Settlement>,
}

/// What the tasks of a worker share.
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    /// Unique for each start of a process: a claim of an earlier life is not ours.
    pub(crate) id: Arc<str>,
    pub(crate) handlers: Handlers,
    pub(crate) config: WorkerConfig,
    pub(crate) wakes: Wakes,
    pub(crate) settle: mpsc::Sender<Settlement>,
    /// Cancelled when handlers have had their time after a stop signal.
    pub(crate) cut_off: CancellationToken,
    running: Mutex<HashMap<JobId, Running>>,
    down: AtomicBool,
}

/// A job that runs in this process.
struct Running {
    claim: Claim,
    stop: CancellationToken,
    renewed: Instant,
}

impl Worker {
    /// `url` is for the connection that listens; everything else goes through the pool.
    #[must_use]
    pub fn new(pool: Pool, url: SecretString, handlers: Handlers, config: WorkerConfig) -> Self {
        let (settle, settlements) = mpsc::channel(SETTLEMENTS);
        let shared = Shared {
            pool,
            id: format!("{}-{}", std::process::id(), Uuid::new_v4().simple()).into(),
            wakes: Wakes::new(handlers.queues().into_keys()),
            handlers,
            config,
            settle,
            cut_off: CancellationToken::new(),
            running: Mutex::default(),
            down: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), url, schedules: Vec::new(), settlements }
    }

    /// Also adds the jobs of this schedule. Any number of workers may have the same schedules: each occurrence adds
    /// one job.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Spawns [`Self::run`].
    pub fn spawn_background(self, tasks: &TaskTracker, shutdown: CancellationToken) {
        tasks.spawn(self.run(shutdown));
    }

    /// Works until `shutdown` is cancelled and the running jobs have ended. Those that do not end within the drain time
    /// are cut off and given back for other workers.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { shared, url, schedules, settlements } = self;
        let (claimers, jobs, keepers) = (TaskTracker::new(), TaskTracker::new(), TaskTracker::new());
        let ended = CancellationToken::new();
        let queues = shared.handlers.queues();
        tracing::info!(worker.id = %shared.id, queues = ?queues.keys(), "the worker begins");
        for (queue, kinds) in &queues {
            let slots = shared.config.slots_of.get(*queue).copied().unwrap_or(shared.config.slots).max(1);
            let line =
                claim::Line { queue, kinds: kinds.clone(), slots: Arc::new(Semaphore::new(slots)), jobs: jobs.clone() };
            claimers.spawn(claim::keep_claiming(Arc::clone(&shared), line, shutdown.clone()));
        }
        claimers.spawn(schedule::keep_time(Arc::clone(&shared), schedules, shutdown.clone()));
        keepers.spawn(wake::listen(Arc::clone(&shared), url, ended.clone()));
        keepers.spawn(lease::keep(Arc::clone(&shared), ended.clone()));
        keepers.spawn(gauges::keep(Arc::clone(&shared), queues.into_keys().collect(), ended.clone()));
        let settling = tokio::task::spawn(settle::keep_settling(Arc::clone(&shared), settlements, ended.clone()));

        shutdown.cancelled().await;
        claimers.close();
        claimers.wait().await;
        shared.drain(jobs).await;
        ended.cancel();
        keepers.close();
        keepers.wait().await;
        if let Err(e) = settling.await {
            tracing::error!(error = %e, "settling jobs ended early; they will be run again");
        }
        tracing::info!(worker.id = %shared.id, "the worker has ended");
    }
}

impl Shared {
    /// Waits for the running jobs, and no longer than agreed.
    async fn drain(&self, jobs: TaskTracker) {
        jobs.close();
        if jobs.is_empty() {
            return;
        }
        tracing::info!(jobs.running = jobs.len(), "waiting for running jobs");
        for running in self.running.lock().values() {
            running.stop.cancel();
        }
        if timeout(self.config.drain, jobs.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(jobs.running = jobs.len(), "running jobs are cut off and given back");
        self.cut_off.cancel();
        if timeout(CUT_OFF, jobs.wait()).await.is_err() {
            tracing::error!(jobs.running = jobs.len(), "jobs that block a thread stay until their leases run out");
        }
    }

    pub(crate) fn begin(&self, claim: Claim, stop: CancellationToken) {
        self.running.lock().insert(claim.id, Running { claim, stop, renewed: Instant::now() });
    }

    /// Only the attempt that is meant: another one of the same job may have begun here.
    pub(crate) fn end(&self, claim: Claim) {
        let mut running = self.running.lock();
        if running.get(&claim.id).is_some_and(|known| known.claim == claim) {
            running.remove(&claim.id);
        }
    }

    pub(crate) fn running(&self) -> Vec<Claim> {
        self.running.lock().values().map(|running| running.claim).collect()
    }

    pub(crate) fn stop(&self, id: JobId) {
        if let Some(running) = self.running.lock().get(&id) {
            running.stop.cancel();
        }
    }

    /// Notes which of the asked leases were renewed; jobs whose lease was not are told to stop.
    pub(crate) fn renewed(&self, asked: &[Claim], held: &[JobId]) {
        let mut running = self.running.lock();
        for claim in asked {
            let Some(known) = running.get_mut(&claim.id).filter(|known| known.claim == *claim) else { continue };
            if held.contains(&claim.id) {
                known.renewed = Instant::now();
            } else {
                known.stop.cancel();
            }
        }
    }

    /// Tells jobs to stop whose lease must have run out, as far as this process can know.
    pub(crate) fn stop_overdue(&self) {
        for running in self.running.lock().values() {
            if running.renewed.elapsed() > self.config.lease {
                running.stop.cancel();
            }
        }
    }

    /// Said once per outage.
    pub(crate) fn failed(&self, error: &DbError) {
        if !self.down.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %error, "the queue cannot be reached; jobs wait");
        }
    }

    pub(crate) fn succeeded(&self) {
        if self.down.swap(false, Ordering::Relaxed) {
            tracing::info!("the queue can be reached again");
        }
    }
}
