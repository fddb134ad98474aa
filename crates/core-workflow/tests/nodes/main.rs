//! Nodes that need the world outside, each in a small workflow that is really run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

mod bench;
mod classifier_and_extractor;
mod http_request;
mod http_server;
mod knowledge_and_documents;
mod llm;
mod stub_model;
mod tool_and_agent;
