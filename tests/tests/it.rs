//! Everything that takes more than one crate to test: a real server, real Postgres, real Redis, real HTTP, and a stub
//! that speaks the providers' protocols.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod it {
    mod bad_input;
    mod bad_upstream;
    mod chat;
    mod completion;
    mod conversations;
    mod floors;
    mod ground;
    mod kit;
    mod limits;
    mod runs;
    mod schema;
    mod web;
}
