//! A stub of the upstreams that models are called at, for tests and load measurements.
//!
//! It speaks the protocols of OpenAI, Anthropic, Ollama, Cohere and Jina over a real socket, whole and streamed, and
//! does what a [`Script`] says, including everything that upstreams do wrong. Scripts are chosen by API key, then by model name. Replies
//! are rendered once per script, so one process can play thousands of streams. Beside it stand a mail server
//! that keeps what it gets, an object store, and a virus scanner.

mod bucket;
mod connection;
mod http;
mod letter;
mod mailbox;
mod ollama;
mod others;
mod reply;
mod scanner;
mod script;
mod server;

pub use bucket::{BucketRequest, StubBucket};
pub use letter::ReceivedMail;
pub use mailbox::StubMailServer;
pub use scanner::{ScannerMood, StubScanner};
pub use script::{Misbehave, Script, StubToolCall};
pub use server::{Recorded, StubOptions, StubUpstream};
