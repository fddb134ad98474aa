//! Everything that takes more than one crate to test: a real server, real Postgres, real Redis, real HTTP, and a stub
//! that speaks the providers' protocols.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod it {
    mod adopted_rows;
    mod annotations;
    mod annotations_chatflow;
    mod annotations_purge;
    mod annotations_reply;
    mod async_runs;
    mod audio;
    mod audit;
    mod bad_input;
    mod bad_upstream;
    mod call_rules;
    mod chat;
    mod chatflow_models;
    mod collector;
    mod completion;
    mod console_api_keys;
    mod console_apps;
    mod console_bodies;
    mod console_boot;
    mod console_brand;
    mod console_config;
    mod console_extensions;
    mod console_foreign;
    mod console_knowledge;
    mod console_knowledge_documents;
    mod console_knowledge_foreign;
    mod console_knowledge_segments;
    mod console_people;
    mod console_providers;
    mod console_retrieval_providers;
    mod console_rights;
    mod console_session;
    mod console_shell;
    mod console_social;
    mod console_workflow_files;
    mod console_workflow_variables;
    mod console_workflows;
    mod conversations;
    mod cors;
    mod costs;
    mod dataset_keys;
    mod explore;
    mod external_data;
    mod floors;
    mod form_uploads;
    mod ground;
    mod idempotency;
    mod idempotency_console;
    mod inner_mail;
    mod installed_apps;
    mod kept_answers;
    mod kit;
    mod knowledge_apps;
    mod knowledge_datasets;
    mod knowledge_documents;
    mod knowledge_external;
    mod knowledge_fairness;
    mod knowledge_foreign;
    mod knowledge_formats;
    mod knowledge_ground;
    mod knowledge_holdings;
    mod knowledge_import;
    mod knowledge_metadata;
    mod knowledge_moving;
    mod knowledge_outages;
    mod knowledge_pictures;
    mod knowledge_pipeline;
    mod knowledge_runs;
    mod knowledge_summaries;
    mod knowledge_summaries_apps;
    mod knowledge_workflows;
    mod limits;
    mod mcp;
    mod moderation;
    mod moderation_chatflow;
    mod moderation_extensions;
    mod more_like_this;
    mod odd_requests;
    mod openai_face;
    mod outages;
    mod pages;
    mod pages_browser;
    mod people;
    mod people_carriers;
    mod people_code_login;
    mod people_deletion;
    mod people_email_change;
    mod people_invitations;
    mod people_password;
    mod people_registration;
    mod people_transfer;
    mod process;
    #[expect(dead_code, reason = "the tests of the store itself use the rest")]
    #[path = "../../../crates/core-rag/tests/stores/qdrant_stub.rs"]
    mod qdrant_stub;
    mod races;
    mod reattach;
    mod request_rules;
    mod resilience;
    mod route_walk;
    mod runs;
    mod schema;
    mod schemathesis;
    mod sdk;
    mod served_files;
    mod server_timing;
    mod small_tiers;
    mod stored_values;
    mod telemetry;
    mod time_limits;
    mod traces;
    mod uploads;
    mod web;
    mod workflow_commands;
    mod workflow_debug;
    mod workflow_files_shared;
    mod workflow_hostile;
    mod workflow_offload;
    mod workflow_pause;
    mod workflow_recovery;
    mod workflow_runs;
    mod workflow_spares;
    mod wrong_fields;
}
