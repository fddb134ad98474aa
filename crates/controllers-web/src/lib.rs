//! The Web API (`/api`): what the published pages of apps call for their visitors.
//!
//! [`routes`] is the table of everything that is here. A page first gets a passport for its visitor; most routes then
//! want it, and check it before anything else of the request is read. The shapes are those of the Service API, the
//! origin is `web-app`: answers carry less, conversations form trees and are named on demand.

mod access;
mod app;
mod audio;
mod chat;
mod completion;
mod conversations;
mod feedbacks;
mod files;
mod form_uploads;
mod human_forms;
mod login;
mod messages;
mod openapi;
mod passport;
mod reattach;
mod remote_files;
mod routes;
mod saved_messages;
mod workflows;

pub use openapi::document;
pub use routes::{PREFIX, configure};
