//! Values that are read often and change seldom: kept in the process, and behind that in Redis.
//!
//! A [`CacheHub`] makes [`Cache`]s. [`Cache::get_or_load`] looks in the process, then in Redis (when the cache is
//! shared), then asks the loader; "there is none" is remembered too, for a shorter time. However many callers miss the
//! same key at once, one asks and all get its answer, an error included. [`Cache::invalidate`] forgets a key in this
//! process, in Redis and, through one pub/sub channel, in every other process.
//!
//! What must stay true:
//! - **nothing that was loaded before an invalidation is served after it.** Every load notes a mark before it begins
//!   (a counter in the process, a random word in Redis); an invalidation changes the marks; a value whose mark is old
//!   is not stored in Redis, and is not read from the process;
//! - a key belongs to a [`Scope`], and the scope is part of the key on both levels: no tenant meets another's value;
//! - a hit in the process touches no lock shared with writers and no Redis, and allocates nothing but a clone of the
//!   key: use keys that are cheap to clone;
//! - without Redis everything is loaded and kept in the process for its time to live. Invalidations that Redis did not
//!   take are repeated when it answers again; other processes are wrong for one time to live at most. Whenever the
//!   subscription was lost, the whole process level is forgotten once it is back.

mod cache;
mod flight;
mod hub;
mod marks;
mod shared;
mod spec;

pub use cache::{Cache, LoadError};
pub use hub::CacheHub;
pub use spec::{CacheSpec, Scope};
