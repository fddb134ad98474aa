//! Single flight: callers that miss the same key at the same time share one load.
//!
//! The first caller loads; when it goes away unfinished, the next one takes over with its own loader.

use std::any::Any;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::marks::Mark;

type Flying = (Mark, Arc<dyn Any + Send + Sync>);

/// The loads under way, by key.
pub(crate) struct Flights<K>(Mutex<HashMap<K, Flying>>);

impl<K> Default for Flights<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone> Flights<K> {
    /// Joins the load of this key, or begins one. A load that began before an invalidation, or whose outcome has
    /// another type, is not joined but replaced.
    pub(crate) fn join<T: Send + Sync + 'static>(&self, key: &K, mark: Mark) -> Ticket<'_, K, T> {
        let mut flying = self.0.lock();
        let known = flying.get(key).filter(|(began, _)| *began == mark).map(|(_, cell)| Arc::clone(cell));
        if let Some(cell) = known.and_then(|cell| cell.downcast::<OnceCell<T>>().ok()) {
            return Ticket { flights: self, key: key.clone(), cell, joined: true };
        }
        let cell = Arc::new(OnceCell::<T>::new());
        flying.insert(key.clone(), (mark, Arc::clone(&cell) as Arc<dyn Any + Send + Sync>));
        Ticket { flights: self, key: key.clone(), cell, joined: false }
    }
}

/// A place in one flight. The last one to leave removes the flight.
pub(crate) struct Ticket<'a, K: Eq + Hash, T: Send + Sync + 'static> {
    flights: &'a Flights<K>,
    key: K,
    pub(crate) cell: Arc<OnceCell<T>>,
    pub(crate) joined: bool,
}

impl<K: Eq + Hash, T: Send + Sync + 'static> Drop for Ticket<'_, K, T> {
    fn drop(&mut self) {
        let mut flying = self.flights.0.lock();
        let ours = flying.get(&self.key).is_some_and(|(_, cell)| {
            std::ptr::addr_eq(Arc::as_ptr(cell), Arc::as_ptr(&self.cell))
                // Landed: who comes now finds the value in the cache, or must ask anew after an error.
                && (self.cell.initialized() || Arc::strong_count(cell) <= 2)
        });
        if ours {
            flying.remove(&self.key);
        }
    }
}
