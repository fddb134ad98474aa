//! For tests only: databases, a running server, and a client that speaks to it as browsers and programs do.
//!
//! [`TestDatabase`] is a clone of a migrated template on servers that all tests of a machine share, so that a test
//! waits a tenth of a second for it. [`TestServer`] boots the real thing on a free port. [`upstream`] plays the model
//! providers. Everything here panics instead of returning errors: a test without its ground cannot go on.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

mod admin;
mod database;
mod rows;
mod template;

#[cfg(feature = "server")]
mod app;
#[cfg(feature = "server")]
mod client;
#[cfg(feature = "server")]
mod console;
#[cfg(feature = "server")]
mod instance;
#[cfg(feature = "server")]
mod line;
#[cfg(feature = "server")]
mod sse;

pub use database::TestDatabase;
pub use rows::Rows;

#[cfg(feature = "server")]
pub use app::{ServiceClient, WebClient};
#[cfg(feature = "server")]
pub use client::{Answer, Client};
#[cfg(feature = "server")]
pub use console::{App, Console};
#[cfg(feature = "server")]
pub use instance::{Lines, TestServer, TestServerBuilder};
#[cfg(feature = "server")]
pub use line::Line;
#[cfg(feature = "server")]
pub use sse::{Frame, SseStream, Transcript};
#[cfg(feature = "server")]
pub use stub_upstream as upstream;
