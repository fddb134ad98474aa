//! Moving datasets from one vector store to another.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use core_rag::store::Stores;
use models::DatasetId;
use services::indexing::{MoveError, MoveProgress, Moved, Mover};

use crate::arguments::{Data, StoreKind};
use crate::error::CliError;
use crate::ground;
use crate::output::{chain, line, note, piece};

/// Longer than servers remember where a dataset's vectors are.
const REST: Duration = Duration::from_secs(10);
/// People read no faster.
const SAY_EVERY: Duration = Duration::from_secs(1);
/// Datasets that are listed together.
const PAGE: i64 = 100;

/// Which datasets.
pub(crate) enum Which {
    These(Vec<DatasetId>),
    All,
}

pub(crate) async fn move_to(data: Data, which: Which, to: StoreKind, wait: u64) -> Result<(), CliError> {
    let (settings, pool) = ground::database(data).await?;
    let stores = Stores::new(&settings.vectors, pool.clone()).map_err(CliError::failed)?;
    stores.of_kind(to.as_str()).map_err(CliError::failed)?;
    let mover = Mover::new(pool, stores, Duration::from_secs(wait), REST);
    let mut tally = Tally::default();
    match which {
        Which::These(ids) => {
            for id in ids {
                tally.add(move_one(&mover, id, to).await);
            }
        }
        Which::All => {
            let mut after = None;
            loop {
                let page = mover.datasets(after, PAGE).await.map_err(CliError::failed)?;
                let Some(last) = page.last() else { break };
                after = Some(*last);
                for id in page {
                    tally.add(move_one(&mover, id, to).await);
                }
            }
        }
    }
    line(format!(
        "{} moved to {}, {} had nothing to move, {} failed",
        tally.moved,
        to.as_str(),
        tally.idle,
        tally.failed
    ));
    if tally.failed > 0 { Err(CliError::Unhealthy) } else { Ok(()) }
}

#[derive(Default)]
struct Tally {
    moved: usize,
    idle: usize,
    failed: usize,
}

enum Outcome {
    Moved,
    Idle,
    Failed,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Moved => self.moved += 1,
            Outcome::Idle => self.idle += 1,
            Outcome::Failed => self.failed += 1,
        }
    }
}

/// One that fails keeps no other from moving.
async fn move_one(mover: &Mover, id: DatasetId, to: StoreKind) -> Outcome {
    let mut told = Told::new(id);
    let moved = mover.move_to(id, to.as_str(), |progress| told.say(progress)).await;
    told.end();
    match moved {
        Ok(Moved::Done { from, entries }) => {
            line(format!("{id}  moved from {from}: {entries} vectors"));
            Outcome::Moved
        }
        Ok(Moved::Already) => {
            line(format!("{id}  is in {} already", to.as_str()));
            Outcome::Idle
        }
        Ok(Moved::Nothing) => {
            line(format!("{id}  has no vectors; they go into the store of VECTOR_STORE when there are some"));
            Outcome::Idle
        }
        Err(error) => {
            note(format!("{id}  FAILED: {}", said(&error)));
            Outcome::Failed
        }
    }
}

/// The texts of these errors hold those of their causes.
fn said(error: &MoveError) -> String {
    chain(error)
}

/// The line that shows how far a dataset is.
struct Told {
    id: DatasetId,
    last: Option<Instant>,
    /// A terminal's line is written over; elsewhere every message is a line.
    over: bool,
}

impl Told {
    fn new(id: DatasetId) -> Self {
        Self { id, last: None, over: std::io::stderr().is_terminal() }
    }

    fn say(&mut self, progress: MoveProgress) {
        if progress.seen < progress.total && self.last.is_some_and(|last| last.elapsed() < SAY_EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let MoveProgress { pass, seen, total } = progress;
        let text = format!("{}  pass {pass}: {seen} of {total} vectors", self.id);
        if self.over { piece(&format!("\r{text}")) } else { note(text) }
    }

    fn end(&self) {
        if self.over && self.last.is_some() {
            piece("\n");
        }
    }
}
