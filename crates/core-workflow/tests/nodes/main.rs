//! Nodes that need the world outside, each in a small workflow that is really run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot be set up must fail, and looks at one kind of event"
)]

mod bench;
mod classifier_and_extractor;
mod http_request;
mod http_server;
mod human_input;
mod knowledge_and_documents;
mod llm;
mod roots_and_pipelines;
mod stub_model;
mod tool_and_agent;
