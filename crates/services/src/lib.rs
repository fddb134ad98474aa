//! What the platform does for a signed-in person or an API key.
//!
//! A service is a cheap-to-clone struct with what it needs; `server` builds each once. Errors are in words of the
//! domain: which status and code they become is decided in `controllers-common`. Nothing here knows HTTP.

pub mod accounts;
mod annotation_reply;
pub mod annotations;
pub mod api_extensions;
pub mod api_keys;
pub mod app_facts;
pub mod app_files;
pub mod apps;
pub mod async_runs;
pub mod audio;
pub mod audit;
pub mod branding;
pub mod call_rules;
pub mod conversation_variables;
pub mod conversations;
pub mod debugging;
pub mod directory;
pub mod draft_variables;
pub mod earlier_turns;
pub mod end_users;
pub mod explore;
pub mod features;
pub mod file_previews;
pub mod files;
pub mod generate;
pub mod human_forms;
pub mod indexing;
pub mod installed_apps;
pub mod knowledge;
pub mod letters;
pub mod mcp_servers;
pub mod messages;
mod model_source;
pub mod outgoing_mail;
pub mod people;
mod pictures;
pub mod plugins;
pub mod providers;
pub mod published;
pub mod purge;
mod random_text;
pub mod reattach;
pub mod remote_files;
pub mod saved_messages;
pub mod secrets;
pub mod signature;
pub mod social;
pub mod tags;
pub mod workflow_history;
pub mod workflow_versions;
pub mod workflows;
pub mod workspaces;

pub(crate) use random_text::random_text;

/// The release, as sent in `X-Version` and written by setup.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
