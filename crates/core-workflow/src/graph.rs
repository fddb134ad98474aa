//! The graph of a workflow as it is stored: nodes and edges, checked, not yet made ready to run.

mod node;
mod validate;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value as Json;

pub use self::node::{DefaultOutputs, NodeSpec, Retry, Strategy};
use crate::node_type::NodeType;

/// The handle of an edge that names none.
pub const SOURCE_HANDLE: &str = "source";
/// The handle that is taken when a node failed and its strategy is a branch.
pub const FAIL_HANDLE: &str = "fail-branch";

/// What is wrong with a graph. The texts are shown to people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("nodes or edges not found in workflow graph")]
    Incomplete,
    #[error("nodes in workflow graph must be a list")]
    NodesNoList,
    #[error("edges in workflow graph must be a list")]
    EdgesNoList,
    #[error("the workflow graph has no nodes")]
    Empty,
    #[error("the workflow graph has {count} nodes and edges, more than {max}")]
    TooLarge { count: usize, max: usize },
    #[error("node {index} of the workflow graph has no id")]
    NoId { index: usize },
    #[error("node `{node}` has no type (`data.type`)")]
    NoType { node: String },
    #[error("node `{node}`: unknown node type `{kind}`")]
    UnknownType { node: String, kind: String },
    /// A node's own fields cannot be read.
    #[error("node `{node}` ({kind}): {message}")]
    Node { node: String, kind: NodeType, message: String },
    #[error("MISSING_NODE: the edge from `{from}` to `{to}` refers to a node that does not exist")]
    MissingNode { from: String, to: String },
    #[error("root node `{0}` does not exist in the workflow graph")]
    UnknownRoot(String),
    #[error("INVALID_ROOT: the workflow has no node that a run can start at (the first node is `{0}`)")]
    InvalidRoot(String),
    #[error("INVALID_ROOT: every node of the workflow has a predecessor; a run has nowhere to start")]
    NoRoot,
    #[error("TRIGGER_START_NODE_CONFLICT: a start node and trigger nodes cannot coexist in one workflow")]
    TriggerConflict,
    #[error("CYCLE: the nodes {0} form a circle; repeat nodes inside a loop node")]
    Cycle(String),
    #[error("node `{node}`: its start node `{start}` does not exist")]
    MissingContainerStart { node: String, start: String },
    #[error("node `{node}` lies in more than {max} iterations and loops")]
    TooDeep { node: String, max: usize },
}

/// One edge, by positions of its nodes.
#[derive(Debug, Clone)]
pub struct EdgeSpec {
    pub source: usize,
    pub target: usize,
    /// The handle of the source it leaves from.
    pub handle: Arc<str>,
}

/// Nodes and edges of a workflow.
#[derive(Debug, Clone)]
pub struct Graph {
    pub nodes: Vec<NodeSpec>,
    pub edges: Vec<EdgeSpec>,
    index: HashMap<Arc<str>, usize>,
}

/// Nodes and edges together that a graph may have.
const MAX_PARTS: usize = 200_000;

impl Graph {
    /// Reads a graph. What only the canvas needs is skipped.
    ///
    /// # Errors
    /// Everything that [`GraphError`] names, except what depends on where a run starts.
    pub fn parse(graph: &Json) -> Result<Self, GraphError> {
        let (graph, faults) = Self::read(graph)?;
        faults.into_iter().next().map_or(Ok(graph), Err)
    }

    /// What of a graph can be read, and what is wrong with the rest. Nodes that cannot be read are left out, with their
    /// edges.
    pub(crate) fn read(graph: &Json) -> Result<(Self, Vec<GraphError>), GraphError> {
        let (Some(nodes), Some(edges)) = (graph.get("nodes"), graph.get("edges")) else {
            return Err(GraphError::Incomplete);
        };
        let nodes = nodes.as_array().ok_or(GraphError::NodesNoList)?;
        let edges = edges.as_array().ok_or(GraphError::EdgesNoList)?;
        let count = nodes.len() + edges.len();
        if count > MAX_PARTS {
            return Err(GraphError::TooLarge { count, max: MAX_PARTS });
        }
        let mut graph = Self { nodes: Vec::with_capacity(nodes.len()), edges: Vec::new(), index: HashMap::new() };
        let mut faults = Vec::new();
        let mut left_out = HashSet::new();
        for (position, node) in nodes.iter().enumerate() {
            if node.get("type").and_then(Json::as_str) == Some("custom-note") {
                continue;
            }
            match NodeSpec::parse(position, node) {
                Ok(node) => graph.add(node),
                Err(fault) => {
                    left_out.extend(node.get("id").and_then(Json::as_str));
                    faults.push(fault);
                }
            }
        }
        if graph.nodes.is_empty() && faults.is_empty() {
            return Err(GraphError::Empty);
        }
        for edge in edges {
            let reaches = |end: &str| edge.get(end).and_then(Json::as_str).is_some_and(|id| left_out.contains(id));
            if let Err(fault) = graph.connect(edge)
                && !reaches("source")
                && !reaches("target")
            {
                faults.push(fault);
            }
        }
        Ok((graph, faults))
    }

    /// Of two nodes with one id the last counts.
    fn add(&mut self, node: NodeSpec) {
        match self.index.get(&node.id).and_then(|at| self.nodes.get_mut(*at)) {
            Some(earlier) => *earlier = node,
            None => {
                self.index.insert(Arc::clone(&node.id), self.nodes.len());
                self.nodes.push(node);
            }
        }
    }

    /// An edge whose ends are not even texts is ignored, as the canvas may leave such behind.
    fn connect(&mut self, edge: &Json) -> Result<(), GraphError> {
        let text = |key: &str| edge.get(key).and_then(Json::as_str);
        let (Some(from), Some(to)) = (text("source"), text("target")) else { return Ok(()) };
        let (Some(source), Some(target)) = (self.position(from), self.position(to)) else {
            return Err(GraphError::MissingNode { from: from.to_owned(), to: to.to_owned() });
        };
        let handle = text("sourceHandle").filter(|handle| !handle.is_empty()).unwrap_or(SOURCE_HANDLE).into();
        self.edges.push(EdgeSpec { source, target, handle });
        Ok(())
    }

    /// Where a node stands in [`nodes`](Self::nodes).
    pub fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub fn node(&self, id: &str) -> Option<&NodeSpec> {
        self.nodes.get(self.position(id)?)
    }
}
