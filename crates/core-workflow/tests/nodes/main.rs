//! Nodes that need the world outside, each in a small workflow that is really run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

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
