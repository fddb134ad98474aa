//! How many calls of one workspace to one provider are under way at once: a provider that has become slow keeps no more
//! of this process busy than its share.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use crate::chat::ModelRef;
use crate::id::ProviderId;
use crate::runtime::Runtime;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    provider: ProviderId,
    tenant: Uuid,
}

/// Only pairs with calls under way take memory.
#[derive(Debug, Clone)]
pub(crate) struct Bulkheads {
    /// 0 = no limit.
    most: usize,
    taken: Arc<Mutex<HashMap<Key, usize>>>,
}

/// A place among the calls to a provider; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    bulkheads: Bulkheads,
    key: Key,
}

impl Bulkheads {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    fn seat(&self, provider: &ProviderId, tenant: Uuid) -> Option<Seat> {
        let key = Key { provider: provider.clone(), tenant };
        let mut all = self.taken.lock();
        let taken = all.entry(key.clone()).or_default();
        if self.most > 0 && *taken >= self.most {
            metrics::counter!("ferrify_provider_full_total", "provider" => provider.to_string()).increment(1);
            return None;
        }
        *taken += 1;
        drop(all);
        Some(Seat { bulkheads: self.clone(), key })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.bulkheads.taken.lock();
        if let Some(taken) = all.get_mut(&self.key) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                all.remove(&self.key);
            }
        }
    }
}

impl Runtime {
    /// A place among the calls to the model's provider, to be held while it is asked; `None` while all are taken.
    pub fn seat(&self, model: &ModelRef) -> Option<Seat> {
        self.bulkheads.seat(&model.provider, model.tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_per_provider_and_workspace() {
        let bulkheads = Bulkheads::new(2);
        let (slow, other): (ProviderId, ProviderId) = ("openai".parse().unwrap(), "anthropic".parse().unwrap());
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = bulkheads.seat(&slow, one).unwrap();
        let _second = bulkheads.seat(&slow, one).unwrap();
        assert!(bulkheads.seat(&slow, one).is_none());
        let elsewhere = (bulkheads.seat(&slow, two), bulkheads.seat(&other, one));
        assert!(elsewhere.0.is_some() && elsewhere.1.is_some());
        drop(first);
        assert!(bulkheads.seat(&slow, one).is_some());
        drop(elsewhere);
        assert_eq!(bulkheads.taken.lock().len(), 1);
    }

    #[test]
    fn no_limit_is_none() {
        let bulkheads = Bulkheads::new(0);
        let provider: ProviderId = "openai".parse().unwrap();
        let seats: Vec<_> = (0..100).map(|_| bulkheads.seat(&provider, Uuid::nil())).collect();
        assert!(seats.iter().all(Option::is_some));
    }
}
