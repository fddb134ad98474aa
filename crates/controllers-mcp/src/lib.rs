//! MCP servers (`/mcp`): an app as one tool of other programs, in plain JSON-RPC.
//!
//! [`message`] reads what is asked, [`answer`] is the shape of what is sent back, [`fault`] says which code and status a
//! refusal has, and [`server`] brings them together.

mod answer;
mod fault;
mod message;
mod openapi;
mod routes;
mod server;

pub use openapi::document;
pub use routes::{PREFIX, configure};
