//! A run of this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use redis::Pipeline;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::RunsConfig;
use crate::events::{Cursor, Kept, pack};
use crate::keys;
use crate::registry::Shared;
use crate::run::{NewRun, Outcome, Owner, RunId};

/// Ends that wait for Redis; more are left to their leases.
const MOST_ENDINGS: usize = 10_000;
/// Bytes of last frames that wait with an end; more are lost.
const MOST_LAST_BYTES: usize = 16 << 10;

pub(crate) struct Live {
    pub(crate) id: RunId,
    pub(crate) tenant: Uuid,
    pub(crate) app: Uuid,
    pub(crate) owner: Owner,
    pub(crate) alias: Option<Uuid>,
    pub(crate) mode: String,
    pub(crate) subject: Value,
    pub(crate) stop: CancellationToken,
    /// Where commands go, if the run takes any.
    pub(crate) commands: Mutex<Option<mpsc::Sender<String>>>,
    /// The end is written, or about to be.
    pub(crate) ended: AtomicBool,
    /// Redis knows of the run.
    pub(crate) registered: AtomicBool,
    /// When the keys with a lifetime were last renewed.
    pub(crate) renewed: Mutex<Instant>,
    /// Which part of the run this process has; the first half of its cursors.
    pub(crate) epoch: AtomicU64,
    /// How long its events stay, in seconds, when somebody needs them for longer than others.
    pub(crate) keep: AtomicU64,
    pub(crate) pending: Mutex<Pending>,
    /// What of it is in Redis.
    kept: Mutex<Kept>,
    /// Held while frames of this run are on their way, so that they arrive in order.
    pub(crate) sending: Arc<tokio::sync::Mutex<()>>,
}

/// Frames that wait for the next flush.
#[derive(Default)]
pub(crate) struct Pending {
    frames: Vec<Numbered>,
    bytes: usize,
    dropped: u64,
    /// The number that was given last.
    last: u64,
}

impl Pending {
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

/// A frame with its number in this process's part of the run.
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) frame: Bytes,
}

/// An end that Redis did not take at once.
pub(crate) struct Ending {
    pub(crate) live: Arc<Live>,
    pub(crate) outcome: Outcome,
    pub(crate) frames: Vec<Numbered>,
}

impl Live {
    pub(crate) fn new(new: NewRun) -> Self {
        let NewRun { id, tenant, app, owner, alias, mode, subject } = new;
        Self {
            id,
            tenant,
            app,
            owner,
            alias,
            mode,
            subject,
            stop: CancellationToken::new(),
            commands: Mutex::default(),
            ended: AtomicBool::new(false),
            registered: AtomicBool::new(false),
            renewed: Mutex::new(Instant::now()),
            epoch: AtomicU64::new(0),
            keep: AtomicU64::new(0),
            pending: Mutex::default(),
            kept: Mutex::default(),
            sending: Arc::default(),
        }
    }

    pub(crate) fn takes_commands(&self) -> bool {
        self.commands.lock().as_ref().is_some_and(|sender| !sender.is_closed())
    }

    /// Hands commands to the run. One that does not look at them in time loses them.
    pub(crate) fn command(&self, commands: Vec<String>) {
        let Some(sender) = self.commands.lock().clone() else { return };
        for command in commands {
            if let Err(error) = sender.try_send(command) {
                tracing::warn!(run.id = %self.id, error = %error, "a command does not reach its run");
            }
        }
    }

    /// Takes the waiting frames.
    pub(crate) fn take(&self) -> Vec<Numbered> {
        let mut pending = self.pending.lock();
        pending.bytes = 0;
        std::mem::take(&mut pending.frames)
    }

    /// Puts frames back that were perhaps not sent. They keep their numbers, by which a reader knows them again.
    pub(crate) fn put_back(&self, mut frames: Vec<Numbered>) {
        let mut pending = self.pending.lock();
        pending.bytes += bytes_of(&frames);
        frames.append(&mut pending.frames);
        pending.frames = frames;
    }

    /// One stream entry with all frames, in the order they were published. Its id is that of its last frame, or of the
    /// end, which has a number too.
    pub(crate) fn add_events(
        &self,
        pipeline: &mut Pipeline,
        frames: &[Numbered],
        config: &RunsConfig,
        end: Option<Outcome>,
    ) {
        let epoch = self.epoch.load(Ordering::Acquire);
        let last = match end {
            Some(_) => self.pending.lock().number(),
            None => frames.last().map_or(0, |last| last.number),
        };
        let mut before = &Bytes::new();
        let mut packed = Vec::with_capacity(frames.len());
        for Numbered { number, frame } in frames {
            packed.push((*number, pack(before, frame)));
            before = frame;
        }
        let size = packed.iter().map(|(_, frame)| frame.len()).sum();
        pipeline.cmd("XADD").arg(keys::events(self.tenant, self.id));
        let oldest = self.kept.lock().add(last, size, config.max_events, config.max_event_bytes);
        if let Some(oldest) = oldest {
            pipeline.arg("MINID").arg("=").arg(Cursor::new(epoch, oldest).to_string());
        }
        pipeline.arg(Cursor::new(epoch, last).to_string());
        for (number, frame) in packed {
            pipeline.arg(number).arg(frame);
        }
        if let Some(outcome) = end {
            pipeline.arg("end").arg(outcome.as_str());
        }
        pipeline.ignore();
    }

    /// Adds to the fields of the run for how long it is kept, if somebody asked this process for it.
    pub(crate) fn add_keep(&self, pipeline: &mut Pipeline) {
        let keep = self.keep.load(Ordering::Acquire);
        if keep > 0 {
            pipeline.arg("keep").arg(keep);
        }
    }

    /// How long its keys stay after they were written last, in seconds.
    pub(crate) fn lifetime(&self, usual: u64) -> u64 {
        self.keep.load(Ordering::Acquire).max(usual)
    }
}

pub(crate) fn bytes_of(frames: &[Numbered]) -> usize {
    frames.iter().map(|numbered| numbered.frame.len()).sum()
}

impl Shared {
    /// Everything that ends a run, in one pipeline.
    pub(crate) fn ending(&self, pipeline: &mut Pipeline, live: &Live, frames: &[Numbered], outcome: Outcome) {
        let (run, events) = (keys::run(live.tenant, live.id), keys::events(live.tenant, live.id));
        let (member, ttl) = (keys::member(live.tenant, live.id), live.lifetime(self.config.event_ttl.as_secs()));
        live.add_events(pipeline, frames, &self.config, Some(outcome));
        pipeline.cmd("EXPIRE").arg(events).arg(ttl).ignore();
        // Parts of other processes are not counted by this one.
        pipeline.cmd("XTRIM").arg(keys::events(live.tenant, live.id)).arg("MAXLEN").arg("~");
        pipeline.arg(self.config.max_events).ignore();
        pipeline.cmd("DEL").arg(keys::owner(live.id)).ignore();
        pipeline.cmd("ZREM").arg(keys::LEASES).arg(&member).ignore();
        pipeline.cmd("ZREM").arg(keys::SUSPECTS).arg(&member).ignore();
        pipeline.cmd("HSET").arg(&run).arg("state").arg(outcome.as_str());
        pipeline.arg("epoch").arg(live.epoch.load(Ordering::Acquire));
        // All fields again: an end must be readable although the start was never registered.
        pipeline.arg("app").arg(live.app.to_string()).arg("owner").arg(live.owner.to_string());
        pipeline.arg("mode").arg(&live.mode).arg("subject").arg(live.subject.to_string());
        live.add_keep(pipeline);
        pipeline.ignore();
        pipeline.cmd("EXPIRE").arg(run).arg(ttl).ignore();
        self.name(pipeline, live);
        if outcome == Outcome::Paused {
            pipeline.cmd("SET").arg(keys::WAITING).arg(1).arg("EX").arg(self.config.waiting_ttl.as_secs()).ignore();
        }
        // What comes too late for this run must not meet another one; a paused run still hears it.
        if live.commands.lock().is_some() && outcome != Outcome::Paused {
            pipeline.cmd("DEL").arg(keys::commands(live.id)).arg(keys::commands_pending(live.id)).ignore();
        }
    }
}

/// The handle of the generation itself. Dropping it without [`Self::finish`] leaves the run to its lease.
pub struct LiveRun {
    shared: Arc<Shared>,
    pub(crate) live: Arc<Live>,
    ended: bool,
}

impl LiveRun {
    pub(crate) fn new(shared: Arc<Shared>, live: Arc<Live>) -> Self {
        Self { shared, live, ended: false }
    }

    #[must_use]
    pub fn id(&self) -> RunId {
        self.live.id
    }

    /// Cancelled when somebody who may asks the run to stop.
    #[must_use]
    pub fn stop_token(&self) -> CancellationToken {
        self.live.stop.clone()
    }

    /// Adds a frame to the run's event stream and says where it is there. Never waits: it is written with the next
    /// flush, and dropped (counted in `ferrify_run_events_dropped_total`, logged once) when too much waits already.
    pub fn publish(&self, frame: Bytes) -> Cursor {
        let mut pending = self.live.pending.lock();
        let number = pending.number();
        let cursor = Cursor::new(self.live.epoch.load(Ordering::Acquire), number);
        if pending.bytes + frame.len() > self.shared.config.max_pending {
            pending.dropped += 1;
            metrics::counter!("ferrify_run_events_dropped_total").increment(1);
            if pending.dropped == 1 {
                tracing::warn!(run.id = %self.live.id, "events of the run do not reach Redis and are dropped");
            }
            return cursor;
        }
        let first = pending.frames.is_empty();
        pending.bytes += frame.len();
        pending.frames.push(Numbered { number, frame });
        drop(pending);
        if first {
            self.shared.mark_dirty(&self.live);
        }
        cursor
    }

    /// Ends the run: last events, ownership, lease and state in one round trip. When Redis fails, the end is written
    /// by a later heartbeat.
    pub async fn finish(mut self, outcome: Outcome) {
        let live = Arc::clone(&self.live);
        // Frames of a flush that is under way come first.
        let turn = live.sending.lock().await;
        let frames = live.take();
        live.ended.store(true, Ordering::Release);
        let mut pipeline = redis::pipe();
        self.shared.ending(&mut pipeline, &live, &frames, outcome);
        let written = pipeline.exec_async(&mut self.shared.link.conn()).await;
        drop(turn);
        self.ended = true;
        self.shared.forget(live.id);
        count_end(&live.mode, outcome.as_str());
        match written {
            Ok(()) => self.shared.recovered(),
            Err(e) => {
                self.shared.degrade(&e);
                self.shared.end_later(live, outcome, frames);
            }
        }
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.shared.forget(self.live.id);
        if self.live.registered.load(Ordering::Acquire) {
            tracing::warn!(run.id = %self.live.id, "run was dropped without an end; its lease will expire");
        }
        count_end(&self.live.mode, "abandoned");
    }
}

impl Shared {
    fn end_later(&self, live: Arc<Live>, outcome: Outcome, mut frames: Vec<Numbered>) {
        if bytes_of(&frames) > MOST_LAST_BYTES {
            metrics::counter!("ferrify_run_events_dropped_total").increment(frames.len() as u64);
            frames.clear();
        }
        let mut endings = self.endings.lock();
        if endings.len() < MOST_ENDINGS {
            endings.push(Ending { live, outcome, frames });
        }
    }

    pub(crate) fn mark_dirty(&self, live: &Arc<Live>) {
        self.dirty.lock().push(Arc::clone(live));
        self.wake_flusher.notify_one();
    }
}

fn count_end(mode: &str, status: &'static str) {
    metrics::counter!("ferrify_runs_ended_total", "mode" => mode.to_owned(), "status" => status).increment(1);
}
