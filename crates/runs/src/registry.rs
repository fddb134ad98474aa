//! The runs of this process, and the way to those of others.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use redis::Pipeline;
use redis_link::RedisLink;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::config::RunsConfig;
use crate::error::RunsError;
use crate::live::{Ending, Live, LiveRun};
use crate::run::{NewRun, RunId, RunState, RunView};
use crate::{expired, flush, heartbeat, keys, scripts, stop};

/// Pauses between looks at a run that is handed over.
const HANDOVER_POLL: Duration = Duration::from_millis(20);

/// All runs. Cheap to clone.
#[derive(Clone)]
pub struct Runs {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) link: RedisLink,
    pub(crate) config: RunsConfig,
    live: Mutex<HashMap<RunId, Arc<Live>>>,
    /// Runs with events that wait for the flusher.
    pub(crate) dirty: Mutex<Vec<Arc<Live>>>,
    pub(crate) wake_flusher: Notify,
    /// Ends that Redis has not taken yet; the heartbeat tries again.
    pub(crate) endings: Mutex<Vec<Ending>>,
    degraded: AtomicBool,
}

impl Runs {
    #[must_use]
    pub fn new(link: RedisLink, config: RunsConfig) -> Self {
        let shared = Shared {
            link,
            config,
            live: Mutex::default(),
            dirty: Mutex::default(),
            wake_flusher: Notify::new(),
            endings: Mutex::default(),
            degraded: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Spawns the three tasks that serve all runs of this process: heartbeat, event flusher, stop subscriber. Cancel
    /// the token after the runs have been drained, not before.
    pub fn spawn_background(&self, tasks: &TaskTracker, shutdown: CancellationToken) {
        tasks.spawn(heartbeat::keep_alive(Arc::clone(&self.shared), shutdown.clone()));
        tasks.spawn(flush::keep_flushing(Arc::clone(&self.shared), shutdown.clone()));
        tasks.spawn(stop::listen(Arc::clone(&self.shared), shutdown));
    }

    /// Registers a run. Succeeds without Redis too: see the crate's head.
    ///
    /// # Errors
    /// When this process has a run with this id already.
    pub async fn start(&self, new: NewRun) -> Result<LiveRun, RunsError> {
        self.start_from(new, ()).await
    }

    /// Registers a run as [`Self::start`] does, and lets go of the place that was kept for it as soon as it is among the
    /// live ones of this process, which is before Redis knows.
    ///
    /// # Errors
    /// When this process has a run with this id already.
    pub async fn start_from<P>(&self, new: NewRun, place: P) -> Result<LiveRun, RunsError> {
        let live = Arc::new(Live::new(new));
        match self.shared.live.lock().entry(live.id) {
            Entry::Occupied(_) => return Err(RunsError::AlreadyLive(live.id)),
            Entry::Vacant(vacant) => vacant.insert(Arc::clone(&live)),
        };
        drop(place);
        self.shared.report_live();
        // From here on the guard removes the run however this function ends.
        let run = LiveRun::new(Arc::clone(&self.shared), Arc::clone(&live));
        self.shared.register(&live).await;
        Ok(run)
    }

    /// Registers a run that had paused, as [`Self::start`] does. Whoever had it before may be about to let go of it: its
    /// last words must not come after this.
    ///
    /// # Errors
    /// When this process still has it.
    pub async fn start_again(&self, new: NewRun) -> Result<LiveRun, RunsError> {
        let begun = Instant::now();
        while begun.elapsed() < self.shared.config.handover {
            // Without Redis nobody writes last words either.
            let known = self.find(new.tenant, new.id).await.ok().flatten();
            if known.is_none_or(|run| run.state != RunState::Live) {
                match self.start(new.clone()).await {
                    Err(RunsError::AlreadyLive(_)) => {}
                    started => return started,
                }
            }
            tokio::time::sleep(HANDOVER_POLL).await;
        }
        // It died with the run in its hands.
        self.start(new).await
    }

    /// A run of this tenant, live or ended within the last hour.
    ///
    /// # Errors
    /// When Redis fails or holds something unreadable.
    pub async fn find(&self, tenant: Uuid, id: RunId) -> Result<Option<RunView>, RunsError> {
        let fields: HashMap<String, String> =
            redis::cmd("HGETALL").arg(keys::run(tenant, id)).query_async(&mut self.shared.link.conn()).await?;
        if fields.is_empty() { Ok(None) } else { view(tenant, id, &fields).map(Some) }
    }

    /// Which run goes by another id: see [`NewRun::alias`].
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn find_alias(&self, tenant: Uuid, alias: Uuid) -> Result<Option<RunId>, RunsError> {
        let id: Option<String> =
            redis::cmd("GET").arg(keys::alias(tenant, alias)).query_async(&mut self.shared.link.conn()).await?;
        Ok(id.and_then(|id| id.parse().ok()))
    }

    /// Keeps the events of a run for longer than usual after their last write, also when another process goes on with it.
    /// One round trip.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn keep(&self, tenant: Uuid, id: RunId, time: Duration) -> Result<(), RunsError> {
        if let Some(live) = self.shared.find_live(id) {
            live.keep.fetch_max(time.as_secs(), Ordering::AcqRel);
        }
        let mut keep = scripts::KEEP.key(keys::run(tenant, id));
        keep.key(keys::events(tenant, id)).arg(time.as_secs());
        Ok(keep.invoke_async::<()>(&mut self.shared.link.conn()).await?)
    }

    /// How many runs live in this process.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.shared.live.lock().len()
    }

    /// Whether runs may wait. One that paused long ago is forgotten unless somebody says so again.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn may_wait(&self) -> Result<bool, RunsError> {
        Ok(redis::cmd("EXISTS").arg(keys::WAITING).query_async(&mut self.shared.link.conn()).await?)
    }

    /// Remembers that runs wait.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn note_waiting(&self) -> Result<(), RunsError> {
        let mut note = redis::cmd("SET");
        note.arg(keys::WAITING).arg(1).arg("EX").arg(self.shared.config.waiting_ttl.as_secs());
        Ok(note.exec_async(&mut self.shared.link.conn()).await?)
    }

    /// Claims runs whose process died, each for one caller only. The claim itself ends after
    /// [`RunsConfig::claim`]: call [`Self::settle_expired`] when the cleaning up is done, else another sweeper gets
    /// the run. Cleaning up must therefore be idempotent.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn take_expired(&self, limit: usize) -> Result<Vec<expired::ExpiredRun>, RunsError> {
        expired::take(&self.shared, limit).await
    }

    /// Ends an expired run for good, as failed: its followers see the end, its lease is gone.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn settle_expired(&self, run: &expired::ExpiredRun) -> Result<(), RunsError> {
        expired::settle(&self.shared, run).await
    }
}

impl Shared {
    pub(crate) fn find_live(&self, id: RunId) -> Option<Arc<Live>> {
        self.live.lock().get(&id).cloned()
    }

    pub(crate) fn all_live(&self) -> Vec<Arc<Live>> {
        self.live.lock().values().cloned().collect()
    }

    pub(crate) fn forget(&self, id: RunId) {
        self.live.lock().remove(&id);
        self.report_live();
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; nobody runs 2^52 generations")]
    fn report_live(&self) {
        metrics::gauge!("ferrify_runs_live").set(self.live.lock().len() as f64);
    }

    /// Writes what others need to know of the run. A failure is logged once per outage and made good by a heartbeat.
    pub(crate) async fn register(&self, live: &Live) {
        let mut pipeline = redis::pipe();
        self.registration(&mut pipeline, live);
        match pipeline.query_async::<((u64, u64),)>(&mut self.link.conn()).await {
            Ok(((epoch, keep),)) => {
                live.epoch.store(epoch, Ordering::Release);
                // Another process had the run, and was asked to keep it.
                live.keep.fetch_max(keep, Ordering::AcqRel);
                live.registered.store(true, Ordering::Release);
                self.recovered();
            }
            Err(e) => {
                live.epoch.store(unix_ms(), Ordering::Release);
                self.degrade(&e);
            }
        }
    }

    /// Its reply is the part of the run that begins, and for how many seconds the run is to be kept.
    pub(crate) fn registration(&self, pipeline: &mut Pipeline, live: &Live) {
        let run = keys::run(live.tenant, live.id);
        pipeline.cmd("SET").arg(keys::owner(live.id)).arg(live.owner.to_string());
        pipeline.arg("EX").arg(self.config.owner_ttl.as_secs()).ignore();
        pipeline.cmd("EVAL").arg(scripts::REGISTER_TEXT).arg(1).arg(&run).arg(live.epoch.load(Ordering::Acquire));
        pipeline
            .arg(live.lifetime(self.run_ttl()))
            .arg("state")
            .arg(RunState::LIVE)
            .arg("app")
            .arg(live.app.to_string());
        pipeline.arg("owner").arg(live.owner.to_string()).arg("mode").arg(&live.mode);
        pipeline.arg("subject").arg(live.subject.to_string());
        live.add_keep(pipeline);
        self.name(pipeline, live);
        pipeline.cmd("EVAL").arg(scripts::RENEW_TEXT).arg(1).arg(keys::LEASES).arg(self.lease_ms());
        pipeline.arg(keys::SETS_TTL_SECONDS).arg(keys::member(live.tenant, live.id)).ignore();
    }

    /// Writes by which other id the run goes.
    pub(crate) fn name(&self, pipeline: &mut Pipeline, live: &Live) {
        if let Some(alias) = live.alias {
            pipeline.cmd("SET").arg(keys::alias(live.tenant, alias)).arg(live.id.to_string());
            pipeline.arg("EX").arg(live.lifetime(self.run_ttl())).ignore();
        }
    }

    /// Longer than any pause between two renewals, and than any outage worth surviving.
    pub(crate) fn run_ttl(&self) -> u64 {
        self.config.event_ttl.max(self.config.owner_ttl).as_secs()
    }

    pub(crate) fn lease_ms(&self) -> u64 {
        u64::try_from(self.config.lease.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn degrade(&self, error: &redis::RedisError) {
        if !self.degraded.swap(true, Ordering::AcqRel) {
            tracing::error!(error = %error, "Redis fails: runs go on without stop across processes and re-attachment");
        }
    }

    pub(crate) fn recovered(&self) {
        if self.degraded.swap(false, Ordering::AcqRel) {
            tracing::info!("Redis answers again: runs are registered as usual");
        }
    }

    /// How long ago this process last proved that its runs live.
    pub(crate) fn report_lease_age(&self, renewed: Instant) {
        metrics::gauge!("ferrify_run_lease_age_seconds").set(renewed.elapsed().as_secs_f64());
    }
}

fn unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn view(tenant: Uuid, id: RunId, fields: &HashMap<String, String>) -> Result<RunView, RunsError> {
    let damaged = |reason: String| RunsError::Damaged { id, reason };
    let field = |name: &str| fields.get(name).ok_or_else(|| damaged(format!("`{name}` is missing")));
    Ok(RunView {
        id,
        tenant,
        app: field("app")?.parse().map_err(|e: uuid::Error| damaged(e.to_string()))?,
        owner: field("owner")?.parse().map_err(damaged)?,
        mode: field("mode")?.clone(),
        subject: serde_json::from_str(field("subject")?).map_err(|e| damaged(e.to_string()))?,
        state: RunState::parse(field("state")?).ok_or_else(|| damaged("unknown state".to_owned()))?,
    })
}
