//! Moving the vectors of a dataset from one store to another.
//!
//! What the old store has is copied, pass after pass: each brings the new one into agreement with the old one and only
//! writes what differs. After a pass during which nothing changed, one statement says that the vectors are in the new
//! store, provided that nothing has changed and nothing is about to change still. Until then all is read from the old
//! store and written into it, so the work may end at any moment and be begun again. The old vectors go a little later:
//! searches that began before the switch still ask for them.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use core_rag::keywords;
use core_rag::retrieve::cosine;
use core_rag::store::{Collection, Entry, IndexStruct, StoreError, Stores, VectorStore};
use models::dataset::Dataset;
use models::dataset_binding::CollectionBinding;
use models::dataset_move::{self, Moment};
use models::db::{AsyncConnection, DbError, Pool, PoolError, QueryError};
use models::{DatasetId, IndexingTechnique};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::jobs::sync_documents;

/// Entries that are read and written together: some megabytes with large vectors.
const PAGE: usize = 200;
/// Between two looks at whether a dataset is at rest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Stores keep vectors in their own precision.
const ALIKE: f64 = 0.9999;
/// Changes by people reach the index a moment after the rows: what changed so shortly before a pass is looked at again.
const LATE: TimeDelta = TimeDelta::seconds(120);

/// Why a dataset could not be moved; each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no dataset with the id {0}")]
    NoSuchDataset(DatasetId),
    #[error(
        "documents of the dataset are being indexed or changed all the time, so it stays where it is; run the command again when they are done (a worker must be running), or wait longer with --wait"
    )]
    Busy,
    #[error(
        "the vectors are in the store `{0}`, which cannot be read; choose an embedding model in the dataset's settings to have them made anew"
    )]
    Unreadable(String),
    #[error("the old store: {0}; nothing was changed, run the command again when it answers")]
    From(#[source] StoreError),
    #[error("the new store: {0}; the dataset stays where it is, run the command again when that is put right")]
    To(#[source] StoreError),
    #[error(
        "the dataset was moved, but its old vectors could not be removed: {0}; run the command again to remove them"
    )]
    Leftovers(#[source] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("{0}")]
    Internal(String),
}

impl From<PoolError> for MoveError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for MoveError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// How far a pass has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveProgress {
    /// From 1; a further pass looks for what has changed meanwhile.
    pub pass: u32,
    pub seen: u64,
    pub total: u64,
}

/// What became of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It has no vectors.
    Nothing,
    /// It was there already.
    Already,
    Done {
        /// The kind of the old store.
        from: &'static str,
        /// Its entries.
        entries: u64,
    },
}

/// Moves datasets.
pub struct Mover {
    pool: Pool,
    stores: Stores,
    /// How long a dataset may be busy before it is left where it is.
    patience: Duration,
    /// How long old vectors stay for searches that still ask for them.
    rest: Duration,
}

/// A dataset's vectors in one store.
struct Place {
    store: Arc<dyn VectorStore>,
    collection: Collection,
}

impl Mover {
    pub fn new(pool: Pool, stores: Stores, patience: Duration, rest: Duration) -> Self {
        Self { pool, stores, patience, rest }
    }

    /// The next datasets with vectors, by id, of all workspaces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn datasets(&self, after: Option<DatasetId>, limit: i64) -> Result<Vec<DatasetId>, MoveError> {
        Ok(dataset_move::page(&mut *self.pool.get().await?, after, limit).await?)
    }

    /// Moves the vectors of a dataset into the store of this kind.
    ///
    /// # Errors
    /// As [`MoveError`] says. Whatever happens, the dataset can be searched, and the same call goes on with the work.
    pub async fn move_to(
        &self,
        id: DatasetId,
        kind: &str,
        mut progress: impl FnMut(MoveProgress) + Send,
    ) -> Result<Moved, MoveError> {
        let deadline = Instant::now() + self.patience;
        let mut pass = 0;
        loop {
            pass += 1;
            let (dataset, binding) = self.dataset(id).await?;
            if dataset.indexing_technique != Some(IndexingTechnique::HighQuality) || dataset.index_struct.is_none() {
                return Ok(Moved::Nothing);
            }
            let from = self.place_of(&dataset, binding.as_deref())?;
            let (store, collection) = self.stores.place_in(kind, id.0, binding.as_deref()).map_err(MoveError::To)?;
            let to = Place { store, collection };
            if from.store.kind() == to.store.kind() {
                // The last run may have ended before they were removed.
                self.remove_old(id, None).await?;
                return Ok(Moved::Already);
            }
            to.store.ping().await.map_err(MoveError::To)?;
            let moment = self.at_rest(id, deadline).await?;
            let entries = copy(&from, &to, |seen, total| progress(MoveProgress { pass, seen, total })).await?;
            if self.switch(&dataset, &moment, &to).await? {
                sleep(self.rest).await;
                self.remove_old(id, Some(&from)).await?;
                return Ok(Moved::Done { from: from.store.kind(), entries });
            }
            if Instant::now() >= deadline {
                return Err(MoveError::Busy);
            }
        }
    }

    /// A dataset with the name of the collection that the datasets of its model share.
    async fn dataset(&self, id: DatasetId) -> Result<(Dataset, Option<String>), MoveError> {
        let mut conn = self.pool.get().await?;
        let dataset = dataset_move::find(&mut conn, id).await?.ok_or(MoveError::NoSuchDataset(id))?;
        let binding = match dataset.collection_binding_id {
            Some(binding) => CollectionBinding::find(&mut conn, binding).await?,
            None => None,
        };
        Ok((dataset, binding.map(|binding| binding.collection_name)))
    }

    fn place_of(&self, dataset: &Dataset, binding: Option<&str>) -> Result<Place, MoveError> {
        let index_struct = dataset.index_struct.as_deref();
        let store = self.stores.of_dataset(index_struct).map_err(|error| {
            if let StoreError::UnknownKind(kind) = error { MoveError::Unreadable(kind) } else { MoveError::From(error) }
        })?;
        Ok(Place { store, collection: self.stores.collection(dataset.id.0, index_struct, binding, 0) })
    }

    /// Waits until nothing of the dataset is on its way into the index.
    async fn at_rest(&self, id: DatasetId, deadline: Instant) -> Result<Moment, MoveError> {
        loop {
            let moment = dataset_move::moment(&mut *self.pool.get().await?, id).await?;
            if !moment.is_busy {
                return Ok(moment);
            }
            if Instant::now() >= deadline {
                return Err(MoveError::Busy);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Says where the vectors are now, unless something has changed since the pass began. What people changed shortly
    /// before is put there by a job, too: it may have been on its way into the old store.
    async fn switch(&self, dataset: &Dataset, moment: &Moment, to: &Place) -> Result<bool, MoveError> {
        let index_struct = IndexStruct::new(to.store.kind(), &to.collection.name).to_text();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let moved = dataset_move::switch(conn, dataset, moment, &index_struct).await?;
            if moved {
                let (tenant, id) = (dataset.tenant_id, dataset.id);
                let late = dataset_move::changed_since(conn, tenant, id, moment.at - LATE).await?;
                sync_documents(conn, tenant, id, &late).await?;
            }
            Ok(moved)
        })
        .await
    }

    /// Removes the dataset's vectors from every store but the one where they are.
    async fn remove_old(&self, id: DatasetId, from: Option<&Place>) -> Result<(), MoveError> {
        let (dataset, binding) = self.dataset(id).await?;
        let now = self.place_of(&dataset, binding.as_deref())?;
        let mut old = Vec::new();
        for kind in self.stores.kinds() {
            let (store, collection) =
                self.stores.place_in(kind, id.0, binding.as_deref()).map_err(MoveError::Leftovers)?;
            old.push(Place { store, collection });
        }
        // Other programs may have given it another name.
        old.extend(from.map(|from| Place { store: Arc::clone(&from.store), collection: from.collection.clone() }));
        for place in old.iter().filter(|place| place.store.kind() != now.store.kind()) {
            place.store.drop_collection(&place.collection).await.map_err(MoveError::Leftovers)?;
        }
        Ok(())
    }
}

/// The entries of a collection in the order of their ids, a page at a time.
struct Pages<'p> {
    place: &'p Place,
    ahead: VecDeque<Entry>,
    after: Option<Uuid>,
    is_over: bool,
}

impl<'p> Pages<'p> {
    fn of(place: &'p Place) -> Self {
        Self { place, ahead: VecDeque::new(), after: None, is_over: false }
    }

    async fn first(&mut self) -> Result<Option<&Entry>, StoreError> {
        if self.ahead.is_empty() && !self.is_over {
            let page = self.place.store.scan(&self.place.collection, self.after, PAGE).await?;
            self.is_over = page.len() < PAGE;
            self.after = page.last().map(|entry| entry.id).or(self.after);
            self.ahead = page.into();
        }
        Ok(self.ahead.front())
    }

    async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        self.first().await?;
        Ok(self.ahead.pop_front())
    }
}

/// Brings the new place into agreement with the old one; how many entries that has. An entry is only written after the
/// new place was read behind it, so a pass never meets what it has written itself.
async fn copy(from: &Place, to: &Place, mut progress: impl FnMut(u64, u64) + Send) -> Result<u64, MoveError> {
    let total = from.store.count(&from.collection).await.map_err(MoveError::From)?;
    let (mut old, mut new) = (Pages::of(from), Pages::of(to));
    let (mut put, mut gone, mut seen) = (Vec::new(), Vec::new(), 0);
    while let Some(entry) = old.next().await.map_err(MoveError::From)? {
        let mut is_there = false;
        loop {
            let Some(other) = new.first().await.map_err(MoveError::To)? else { break };
            match other.id.cmp(&entry.id) {
                Ordering::Less => gone.push(other.id),
                Ordering::Equal => is_there = is_same(&entry, other),
                Ordering::Greater => break,
            }
            new.ahead.pop_front();
        }
        if !is_there {
            put.push(entry);
        }
        seen += 1;
        if put.len() >= PAGE {
            write(to, std::mem::take(&mut put)).await?;
        }
        if gone.len() >= PAGE {
            to.store.delete(&to.collection, &std::mem::take(&mut gone)).await.map_err(MoveError::To)?;
        }
        progress(seen, total.max(seen));
    }
    while let Some(other) = new.next().await.map_err(MoveError::To)? {
        gone.push(other.id);
        if gone.len() >= PAGE {
            to.store.delete(&to.collection, &std::mem::take(&mut gone)).await.map_err(MoveError::To)?;
        }
    }
    write(to, put).await?;
    if !gone.is_empty() {
        to.store.delete(&to.collection, &gone).await.map_err(MoveError::To)?;
    }
    Ok(seen)
}

fn is_same(one: &Entry, other: &Entry) -> bool {
    one.text == other.text && one.metadata == other.metadata && cosine(&one.vector, &other.vector) > ALIKE
}

async fn write(to: &Place, entries: Vec<Entry>) -> Result<(), MoveError> {
    let Some(first) = entries.first() else { return Ok(()) };
    let collection = Collection { dimensions: first.vector.len(), ..to.collection.clone() };
    // Not every store gives the terms back.
    let with_terms = |entry: Entry| Entry {
        terms: keywords::terms(&entry.text).into_iter().map(|(term, _)| term).collect(),
        ..entry
    };
    let entries = tokio::task::spawn_blocking(move || entries.into_iter().map(with_terms).collect::<Vec<_>>()).await;
    let entries = entries.map_err(|e| MoveError::Internal(e.to_string()))?;
    to.store.ensure(&collection).await.map_err(MoveError::To)?;
    to.store.upsert(&collection, &entries).await.map_err(MoveError::To)
}
