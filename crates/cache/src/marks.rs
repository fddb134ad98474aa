//! How old values are recognised: counters that an invalidation moves on.
//!
//! Keys share the counters (by hash), so an invalidation may make a few other values look old: they are loaded again,
//! which costs little and is never wrong.

use std::fmt::{Display, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::spec::Scope;

const COUNTERS: u64 = 4096;

/// The state of the counters for one key at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    all: u64,
    one: u64,
}

pub(crate) struct Marks {
    all: AtomicU64,
    counters: Box<[AtomicU64]>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { all: AtomicU64::new(0), counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Marks {
    pub(crate) fn of(&self, scope: Scope, key: &impl Display) -> Mark {
        let one = self.counter(&scope, key).map_or(0, |counter| counter.load(Ordering::Acquire));
        Mark { all: self.all.load(Ordering::Acquire), one }
    }

    /// Makes every value of this key old. Takes text too, as it comes from other processes.
    pub(crate) fn move_on(&self, scope: &impl Display, key: &impl Display) {
        if let Some(counter) = self.counter(scope, key) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub(crate) fn move_all_on(&self) {
        self.all.fetch_add(1, Ordering::AcqRel);
    }

    fn counter(&self, scope: &impl Display, key: &impl Display) -> Option<&AtomicU64> {
        let mut text = Hashing(DefaultHasher::new());
        // Hashing text cannot fail; a `Display` that fails half-way still hashes the same each time.
        let _ = write!(text, "{scope}\n{key}");
        usize::try_from(text.0.finish() % COUNTERS).ok().and_then(|at| self.counters.get(at))
    }
}

/// Hashes what is written, without making a string of it.
struct Hashing(DefaultHasher);

impl Write for Hashing {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn text_and_value_of_a_key_have_the_same_mark() {
        let marks = Marks::default();
        let (tenant, key) = (Uuid::new_v4(), Uuid::new_v4());
        let before = marks.of(Scope::Tenant(tenant), &key);
        assert_eq!(marks.of(Scope::Tenant(tenant), &key), before);
        marks.move_on(&tenant.to_string(), &key.to_string());
        let after = marks.of(Scope::Tenant(tenant), &key);
        assert_ne!(after, before);
        marks.move_all_on();
        assert_ne!(marks.of(Scope::Tenant(tenant), &key), after);
    }
}
