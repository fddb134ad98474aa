//! Stored files (`/files`): for whoever holds a signed link, and the logos of workspaces for everybody.

mod logo;
mod openapi;
mod preview;
mod routes;

pub use openapi::document;
pub use routes::{PREFIX, configure};
