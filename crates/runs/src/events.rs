//! Reading a run's events again, from any process: what was, then what comes.

mod cursor;
mod kept;
mod packed;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::sleep;
use uuid::Uuid;

use crate::error::RunsError;
use crate::keys;
use crate::registry::Runs;
use crate::run::{Outcome, RunId, RunState};

pub use cursor::Cursor;
pub(crate) use kept::Kept;
pub(crate) use packed::pack;

/// Frames with the position that a client may come back with. Ends with the run, or after the first error.
pub type EventStream = BoxStream<'static, Result<(Cursor, Bytes), RunsError>>;

/// Entries per read.
const BATCH: usize = 100;
/// While frames come, and while none do.
const EAGER: Duration = Duration::from_millis(50);
const IDLE: Duration = Duration::from_millis(400);
/// Failed reads in a row before a follower gives up. Spread over a few seconds: a restart of Redis is survived.
const PATIENCE: u32 = 10;
/// A run without lease has ended for its followers when it stays so for this many reads.
const LEASELESS_READS: u32 = 150;

/// What ends following a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The run's end, or that it waits for somebody.
    Rest,
    /// The run's end only. One that waits for so long that it is forgotten is waited for, too.
    End,
}

impl Runs {
    /// The frames of a run after `after`, or from the oldest kept one, following it live. An unknown run has no frames.
    /// The caller decides who may read which run: see [`Runs::find`].
    #[must_use]
    pub fn events(&self, tenant: Uuid, id: RunId, after: Option<Cursor>, until: Until) -> EventStream {
        let follower = self.follower(tenant, id, after, until);
        stream::unfold(follower, |mut follower| async move { follower.next().await.map(|frame| (frame, follower)) })
            .boxed()
    }

    fn follower(&self, tenant: Uuid, id: RunId, after: Option<Cursor>, until: Until) -> Follower {
        let after = after.unwrap_or(Cursor::START);
        Follower {
            runs: self.clone(),
            tenant,
            id,
            after,
            read: after,
            until,
            waiting: VecDeque::new(),
            over: false,
            pause: Duration::ZERO,
            failures: 0,
            leaseless: 0,
        }
    }

    /// The kept frames of a run as they are now, in one round trip. At most [`crate::RunsConfig::max_event_bytes`].
    ///
    /// # Errors
    /// When Redis fails or holds something unreadable.
    pub async fn kept(&self, tenant: Uuid, id: RunId) -> Result<Vec<(Cursor, Bytes)>, RunsError> {
        let mut all = redis::cmd("XRANGE");
        all.arg(keys::events(tenant, id)).arg("-").arg("+");
        let entries: Vec<Entry> = all.query_async(&mut self.shared.link.conn()).await?;
        let mut reader = self.follower(tenant, id, None, Until::Rest);
        for entry in entries {
            reader.unpack(entry)?;
        }
        Ok(reader.waiting.into())
    }

    /// Where a run's events end at the moment: what comes after it is new.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn tail(&self, tenant: Uuid, id: RunId) -> Result<Cursor, RunsError> {
        let mut last = redis::cmd("XREVRANGE");
        last.arg(keys::events(tenant, id)).arg("+").arg("-").arg("COUNT").arg(1);
        let last: Vec<Entry> = last.query_async(&mut self.shared.link.conn()).await?;
        last.first().map_or(Ok(Cursor::START), |(entry, _)| entry.parse())
    }
}

struct Follower {
    runs: Runs,
    tenant: Uuid,
    id: RunId,
    /// The frame that was given last.
    after: Cursor,
    /// The entry that was read last.
    read: Cursor,
    until: Until,
    waiting: VecDeque<(Cursor, Bytes)>,
    /// Nothing comes after what is waiting.
    over: bool,
    pause: Duration,
    failures: u32,
    leaseless: u32,
}

/// An entry as Redis gives it: its id, then names and values in turn.
type Entry = (String, Vec<Vec<u8>>);
type Streams = Option<Vec<(String, Vec<Entry>)>>;

impl Follower {
    async fn next(&mut self) -> Option<Result<(Cursor, Bytes), RunsError>> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                self.after = frame.0;
                return Some(Ok(frame));
            }
            if self.over {
                return None;
            }
            sleep(self.pause).await;
            if let Err(e) = self.read().await {
                self.failures += 1;
                self.pause = IDLE;
                if self.failures > PATIENCE {
                    self.over = true;
                    return Some(Err(e));
                }
            } else {
                self.failures = 0;
            }
        }
    }

    /// Fetches what is new and whether more can come, in one round trip.
    async fn read(&mut self) -> Result<(), RunsError> {
        let mut pipeline = redis::pipe();
        // The state comes first: an end is written after the last frames, so whoever sees it sees them as well.
        pipeline.cmd("HGET").arg(keys::run(self.tenant, self.id)).arg("state");
        pipeline.cmd("ZSCORE").arg(keys::LEASES).arg(keys::member(self.tenant, self.id));
        pipeline.cmd("XREAD").arg("COUNT").arg(BATCH).arg("STREAMS").arg(keys::events(self.tenant, self.id));
        pipeline.arg(self.read.to_string());
        let (state, lease, streams): (Option<String>, Option<f64>, Streams) =
            pipeline.query_async(&mut self.runs.shared.link.conn()).await?;
        let entries: Vec<Entry> = streams.into_iter().flatten().flat_map(|(_, entries)| entries).collect();
        let complete = entries.len() < BATCH;
        for entry in entries {
            self.unpack(entry)?;
        }
        self.pause = if self.waiting.is_empty() { (self.pause * 2).clamp(EAGER, IDLE) } else { EAGER };
        let state = state.as_deref().and_then(RunState::parse);
        let live = state == Some(RunState::Live);
        self.leaseless = if live && lease.is_none() { self.leaseless + 1 } else { 0 };
        let rests = matches!(state, None | Some(RunState::Ended(Outcome::Paused))) && self.until == Until::End;
        if complete && ((!live && !rests) || self.leaseless > LEASELESS_READS) {
            self.over = true;
        }
        Ok(())
    }

    fn unpack(&mut self, (entry, fields): Entry) -> Result<(), RunsError> {
        let entry: Cursor = entry.parse()?;
        let mut before = Bytes::new();
        let mut fields = fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            if name == b"end" {
                // Whoever waits may go on; whether it has is in the run's state.
                self.over |= value != Outcome::Paused.as_str().as_bytes();
                continue;
            }
            let number = std::str::from_utf8(&name).ok().and_then(|number| number.parse().ok());
            let frame = number.zip(packed::unpack(&before, &value));
            let reason = || "an event cannot be read".to_owned();
            let (number, frame) = frame.ok_or_else(|| RunsError::Damaged { id: self.id, reason: reason() })?;
            before = frame.clone();
            let cursor = entry.beside(number);
            // A write that was tried again may have been done twice.
            if cursor > self.waiting.back().map_or(self.after, |(last, _)| *last) {
                self.waiting.push_back((cursor, frame));
            }
        }
        self.read = entry;
        Ok(())
    }
}
