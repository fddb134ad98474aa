//! What runs, what is refused, and that one run leaves nothing for the next.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

#[path = "sandbox/javascript.rs"]
mod javascript;
#[path = "sandbox/javascript_attacks.rs"]
mod javascript_attacks;
#[path = "sandbox/python.rs"]
mod python;
#[path = "sandbox/python_attacks.rs"]
mod python_attacks;
#[path = "sandbox/remote.rs"]
mod remote;
#[path = "sandbox/support.rs"]
mod support;
