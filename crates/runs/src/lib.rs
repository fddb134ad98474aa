//! What a generation is while it lives.
//!
//! A run has an id (the `task_id` of the contract), an owner, a lease, a stop flag and a bounded stream of its events.
//! [`Runs::start`] registers it and hands out a [`LiveRun`]; the generation publishes its frames into that, watches its
//! stop token, and calls [`LiveRun::finish`]. Everybody else meets the run through Redis: [`Runs::request_stop`] from
//! any process, [`Runs::send_command`] to tell a workflow more than that, [`Runs::events`] to re-attach
//! (a frame is known by its [`Cursor`], which `publish` gives as well as the stream),
//! [`Runs::take_expired`] to clean up after a process that died. A run that pauses has ended here, and is started again
//! under its id ([`Runs::start_again`]).
//!
//! What must stay true:
//! - starting and finishing cost one round trip each; heartbeats, events and stop checks of all runs of a process
//!   share one round trip per beat, however many runs live;
//! - the owner key and the stop flag carry Dify's names, values and lifetimes;
//! - **an answer matters more than re-attachment.** When Redis is down, `start` succeeds (logged once), events that do
//!   not fit into the bounded buffer are dropped, and the run is registered by a later heartbeat. A heartbeat that
//!   fails never ends a run. Only `request_stop` for a run of another process reports the failure;
//! - a lease is judged by the clock of Redis, so the clocks of the processes do not matter;
//! - an expired run is claimed twice over: first suspected, and only taken when it is still silent a grace period
//!   later. After an outage of Redis every healthy process therefore renews its leases before a sweeper can take one.
//!   From death to claim it takes `lease + grace` (30 s with the defaults) plus at most two sweeps.

mod commands;
mod config;
mod error;
mod events;
mod expired;
mod flush;
mod heartbeat;
mod keys;
mod live;
mod registry;
mod run;
mod scripts;
mod stop;

pub use config::RunsConfig;
pub use error::RunsError;
pub use events::{Cursor, EventStream, Until};
pub use expired::ExpiredRun;
pub use live::LiveRun;
pub use registry::Runs;
pub use run::{NewRun, Outcome, Owner, RunId, RunState, RunView};
pub use stop::StopBy;
