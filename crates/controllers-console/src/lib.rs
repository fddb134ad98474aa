//! The Console API: what the web frontend of builders and administrators calls, under `/console/api`.
//!
//! [`configure`] mounts the routes of [`routes`]; every one of them stands in [`rights::ROUTES`] with the right that it
//! needs. A gate checks that right, and that an app or a dataset in the path is there for the caller, before any argument
//! of the handler is read, so that the order of faults is the contract's. Handlers turn a request into one call of a service and its result into
//! a response type of this crate.

mod account;
mod account_deletion;
mod annotation_reply;
mod annotations;
mod answers;
mod api_extensions;
mod api_keys;
mod app_files;
mod apps;
mod audio;
mod audit;
mod audit_log;
mod boot;
mod call_rules;
mod callback_secret;
mod code_login;
mod custom_config;
mod data_sources;
mod dataset_metadata;
mod datasets;
mod debug_chat;
mod debug_completion;
mod debug_messages;
mod email_change;
mod explore;
mod external_hits;
mod external_knowledge;
mod files;
mod files_upload;
mod gate;
mod human_forms;
mod installed_apps;
mod invitations;
mod mcp_server;
mod members;
mod message_detail;
mod oauth;
mod once;
mod openapi;
mod owner_transfer;
mod password_reset;
mod plugins;
mod prompt_templates;
mod proofs;
mod providers;
mod registration;
mod remote_files;
pub mod rights;
mod routes;
mod segment_import;
mod session;
mod tags;
mod tools;
mod workflows;
mod workspaces;

pub use openapi::ConsoleApi;
pub use routes::{PREFIX, configure};
