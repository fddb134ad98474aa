//! Reading a run's events again, from any process: what was, then what comes.

mod cursor;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::sleep;
use uuid::Uuid;

use crate::error::RunsError;
use crate::keys;
use crate::registry::Runs;
use crate::run::{RunId, RunState};

pub use cursor::Cursor;

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

impl Runs {
    /// The frames of a run after `after`, or from the oldest kept one, following it live until it ends. An unknown
    /// run has no frames. The caller decides who may read which run: see [`Runs::find`].
    #[must_use]
    pub fn events(&self, tenant: Uuid, id: RunId, after: Option<Cursor>) -> EventStream {
        let follower = Follower {
            runs: self.clone(),
            tenant,
            id,
            after,
            waiting: VecDeque::new(),
            over: false,
            pause: Duration::ZERO,
            failures: 0,
            leaseless: 0,
        };
        stream::unfold(follower, |mut follower| async move { follower.next().await.map(|frame| (frame, follower)) })
            .boxed()
    }
}

struct Follower {
    runs: Runs,
    tenant: Uuid,
    id: RunId,
    after: Option<Cursor>,
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
                self.after = Some(frame.0);
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
        let from = self.after.map_or_else(|| "0-0".to_owned(), Cursor::before_its_entry);
        let mut pipeline = redis::pipe();
        // The state comes first: an end is written after the last frames, so whoever sees it sees them as well.
        pipeline.cmd("HGET").arg(keys::run(self.tenant, self.id)).arg("state");
        pipeline.cmd("ZSCORE").arg(keys::LEASES).arg(keys::member(self.tenant, self.id));
        pipeline.cmd("XREAD").arg("COUNT").arg(BATCH).arg("STREAMS").arg(keys::events(self.tenant, self.id)).arg(from);
        let (state, lease, streams): (Option<String>, Option<f64>, Streams) =
            pipeline.query_async(&mut self.runs.shared.link.conn()).await?;
        let entries: Vec<Entry> = streams.into_iter().flatten().flat_map(|(_, entries)| entries).collect();
        let complete = entries.len() < BATCH;
        for entry in entries {
            self.unpack(entry)?;
        }
        self.pause = if self.waiting.is_empty() { (self.pause * 2).clamp(EAGER, IDLE) } else { EAGER };
        let live = state.as_deref().and_then(RunState::parse) == Some(RunState::Live);
        self.leaseless = if live && lease.is_none() { self.leaseless + 1 } else { 0 };
        if complete && (!live || self.leaseless > LEASELESS_READS) {
            self.over = true;
        }
        Ok(())
    }

    fn unpack(&mut self, (entry, fields): Entry) -> Result<(), RunsError> {
        let mut index = 0;
        let mut fields = fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            if name == b"end" {
                self.over = true;
            } else {
                let cursor = Cursor::new(&entry, index)?;
                index += 1;
                if self.after.is_none_or(|after| cursor > after) {
                    self.waiting.push_back((cursor, Bytes::from(value)));
                }
            }
        }
        Ok(())
    }
}
