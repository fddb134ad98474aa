//! Boot: from settings to a running tier, and back.
//!
//! [`start`] connects, migrates, builds the services once ([`parts`]), starts the background tasks and serves HTTP on a
//! listener; [`Running::shutdown`] takes it all down again: no new requests, streams drained up to a limit, then ended
//! with an error event, background tasks last. [`serve`] does both around the process's stop signals.

mod boot;
mod http;
mod knowledge;
mod metered;
pub mod open_files;
mod parts;
mod probes;
mod running;
mod sweep;
mod workflows;

pub use boot::{StartError, serve, start, start_with_reader};
pub use http::openapi;
pub use running::Running;
