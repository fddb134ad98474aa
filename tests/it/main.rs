//! End to end: a real server, real Postgres, real Redis, real HTTP, and a stub that speaks the providers' protocols.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

mod ground;

mod bad_input;
mod bad_upstream;
mod chat;
mod completion;
mod conversations;
mod limits;
mod runs;
