//! The Service API (`/v1`): what programs call with an app's key.
//!
//! [`routes`] is the table of everything that is here. A handler proves the key, reads the body, finds the end user,
//! calls one service and shapes the answer.

mod annotations;
mod app;
mod audio;
mod chat;
mod completion;
mod conversations;
mod datasets;
mod end_users;
mod feedbacks;
mod files;
mod human_forms;
mod messages;
mod openai;
mod openapi;
mod reattach;
mod routes;
mod stop;
mod tasks;
mod variables;
mod workflow_history;
mod workflows;

pub use openapi::document;
pub use routes::{PREFIX, configure};
