//! The tables: schema, rows, typed ids, and the queries on them.
//!
//! One file per table or aggregate holds the row, what is inserted, and the queries, which take a connection (never the
//! pool: the caller decides on transactions). Every query that reads a workspace's rows takes the workspace, or an id
//! that was loaded through it, as its first parameter. Names and types of the tables are Dify's, so that a Dify
//! database can be adopted; Ferrify's own begin with `ferrify_`.

#[macro_use]
mod text_enum;

pub mod about;
pub mod account;
pub mod account_deletion;
pub mod account_integrate;
pub mod agent_thought;
pub mod annotation;
pub mod api_based_extension;
pub mod api_token;
pub mod app;
pub mod app_annotation_setting;
pub mod app_dataset_join;
pub mod app_list;
pub mod app_mcp_server;
pub mod app_model_config;
pub mod app_purge;
pub mod app_rule;
pub mod app_workflow;
pub mod async_task;
pub mod attached_dataset;
pub mod audit_entry;
mod caller;
pub mod child_chunk;
pub mod conversation;
pub mod conversation_purge;
pub mod conversation_variable;
pub mod dataset;
pub mod dataset_binding;
pub mod dataset_facts;
pub mod dataset_key;
pub mod dataset_list;
pub mod dataset_metadata;
pub mod dataset_move;
pub mod dataset_permission;
pub mod dataset_process_rule;
pub mod dataset_query;
pub mod dataset_ref;
pub mod db;
pub mod deletion_feedback;
pub mod document;
pub mod document_filter;
pub mod document_list;
pub mod document_progress;
pub mod document_purge;
pub mod draft_variable;
pub mod embedding_cache;
pub mod end_user;
mod enums;
pub mod external_knowledge;
pub mod form_upload;
pub mod human_input_form;
mod ids;
pub mod installed_app;
pub mod job;
pub mod job_outcome;
mod like;
pub mod message;
pub mod message_annotation;
pub mod message_feedback;
pub mod message_file;
pub mod meta;
pub mod migrate;
pub mod paused_run;
pub mod plugin_preference;
pub mod provider;
pub mod provider_credential;
pub mod provider_model;
pub mod provider_model_credential;
pub mod provider_model_setting;
pub mod provider_preference;
pub mod saved_message;
mod schema;
pub mod segment;
pub mod segment_attachment;
pub mod segment_index;
pub mod segment_keyword;
pub mod segment_list;
pub mod segment_summary;
pub mod setup;
pub mod site;
pub mod site_placeholder;
pub mod summary_progress;
pub mod tag;
pub mod tenant;
pub mod tenant_member;
pub mod tool_file;
pub mod tool_icon;
pub mod upload_file;
pub mod workflow;
pub mod workflow_app_log;
pub mod workflow_checkpoint;
pub mod workflow_node_execution;
pub mod workflow_pause;
pub mod workflow_run;
pub mod workflow_run_list;

pub use caller::Caller;
pub use enums::*;
pub use ids::*;
