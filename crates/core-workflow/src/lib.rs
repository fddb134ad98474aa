//! Workflows: graphs of nodes, run with real parallelism, streamed in order, cut and resumed at any node.

mod node_type;

pub use node_type::NodeType;
