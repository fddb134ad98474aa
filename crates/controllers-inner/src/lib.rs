//! The internal API (`/inner/api`): for other programs of the same installation, never for browsers.
//!
//! What plugins call back needs a plugin daemon, which this release does not work with: those paths are unknown here,
//! as they are wherever no daemon is configured.

mod enterprise;
mod mail;
mod openapi;
mod routes;
mod workspace;

pub use openapi::document;
pub use routes::{PREFIX, configure};
