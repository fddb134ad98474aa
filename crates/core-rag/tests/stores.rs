//! The stores of vectors behind their common trait, and searching datasets in them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

#[path = "stores/conformance.rs"]
mod conformance;
#[path = "stores/keywords.rs"]
mod keywords;
#[path = "stores/pgvector.rs"]
mod pgvector;
#[path = "stores/qdrant.rs"]
mod qdrant;
#[path = "stores/qdrant_stub.rs"]
mod qdrant_stub;
#[path = "stores/retrieval.rs"]
mod retrieval;
