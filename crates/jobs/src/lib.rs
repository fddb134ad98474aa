//! The background queue: typed jobs in Postgres, added in the transaction of the change they follow.
//!
//! A [`Job`] is a serialisable struct; a [`Handler`] says what becomes of it. [`enqueue`] adds one on the caller's
//! connection, so that it exists exactly if the caller commits. A [`Worker`] claims what is due, runs it and settles
//! it: done jobs are removed, failed ones come back after a growing pause, and those out of attempts stay as dead
//! letters ([`dead`]). A [`Schedule`] adds jobs at the times of a cron expression.
//!
//! What must stay true:
//! - **at least once**: a worker may die between the work and its receipt, so handlers are idempotent;
//! - no database connection is held while a handler runs;
//! - a job belongs to one worker at a time, as long as that worker renews its lease; a worker that cannot is told by
//!   the job's stop token, and can no longer settle it;
//! - workspaces take turns: a thousand jobs of one do not stand before the first job of another;
//! - nobody polls faster than once a second, and nobody waits that long: a commit wakes the workers by `NOTIFY`.

mod back_off;
mod claim;
mod context;
pub mod dead;
mod enqueue;
mod gauges;
mod handler;
mod job;
mod lease;
mod run;
mod schedule;
mod settle;
mod wake;
mod worker;

pub use context::Context;
pub use enqueue::{Options, cancel, enqueue, enqueue_all, find};
pub use handler::{Failure, Handler, Handlers};
pub use job::Job;
pub use models::job::{JobState, JobView};
pub use schedule::{InvalidSchedule, Schedule};
pub use worker::{Worker, WorkerConfig};
