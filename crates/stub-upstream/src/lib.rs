//! A stub of the upstreams that models are called at, for tests and load measurements.
//!
//! It speaks the OpenAI and Anthropic protocols over a real socket, whole and streamed, and does what a [`Script`]
//! says, including everything that upstreams do wrong. Scripts are chosen by API key, then by model name. Replies
//! are rendered once per script, so one process can play thousands of streams. Beside it stands a mail server that
//! keeps what it gets.

mod connection;
mod http;
mod letter;
mod mailbox;
mod reply;
mod script;
mod server;

pub use letter::ReceivedMail;
pub use mailbox::StubMailServer;
pub use script::{Misbehave, Script, StubToolCall};
pub use server::{Recorded, StubOptions, StubUpstream};
