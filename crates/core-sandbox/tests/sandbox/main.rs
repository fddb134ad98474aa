//! What runs, what is refused, and that one run leaves nothing for the next.

mod javascript;
mod javascript_attacks;
mod python;
mod python_attacks;
mod remote;
mod support;
