//! The runtime against a stub upstream over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

#[path = "runtime/bench.rs"]
mod bench;
#[path = "runtime/credentials.rs"]
mod credentials;
#[path = "runtime/failures.rs"]
mod failures;
#[path = "runtime/ollama.rs"]
mod ollama;
#[path = "runtime/other_models.rs"]
mod other_models;
#[path = "runtime/replies.rs"]
mod replies;
#[path = "runtime/resilience.rs"]
mod resilience;
#[path = "runtime/retrieval_models.rs"]
mod retrieval_models;
