//! What a run without a server has of the outside world, and what it has not.

use std::sync::Arc;

use core_app::workflow::code_runner;
use core_sandbox::{Sandbox, SandboxSettings};
use core_workflow::graph::NodeSpec;
use core_workflow::{Body, Capabilities, Node, NodeError, NodeType, Registry, Step, Visit};

/// Nodes of these types need what only a server has; and what that is.
const NEED_A_SERVER: [(NodeType, &str); 9] = [
    (NodeType::Llm, "models"),
    (NodeType::QuestionClassifier, "models"),
    (NodeType::ParameterExtractor, "models"),
    (NodeType::Agent, "models"),
    (NodeType::Tool, "tools"),
    (NodeType::KnowledgeRetrieval, "datasets"),
    (NodeType::KnowledgeIndex, "datasets"),
    (NodeType::Datasource, "datasources"),
    (NodeType::HumanInput, "people to ask"),
];

/// Versions of nodes that files name.
const VERSIONS: [&str; 2] = ["1", "2"];

/// Whether nodes of a type fail here.
pub(super) fn needs_server(kind: NodeType) -> bool {
    NEED_A_SERVER.iter().any(|(one, _)| *one == kind)
}

/// All nodes; those that need a server fail when it is their turn, so that workflows that do not come there run.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::standard();
    for (kind, _) in NEED_A_SERVER {
        for version in VERSIONS {
            registry.register(kind, version, |_spec: &NodeSpec| Ok(Body::Leaf(Arc::new(NeedsServer))));
        }
    }
    registry
}

#[derive(Debug)]
struct NeedsServer;

impl Node for NeedsServer {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let missing = NEED_A_SERVER.iter().find(|(kind, _)| *kind == visit.spec.kind).map_or("parts", |(_, what)| what);
        Step::Done(Err(NodeError::generic(format!(
            "there are no {missing} without a server: start one with `ferrify up`, import the file there and run it \
             (node `{}`, type {})",
            visit.spec.id, visit.spec.kind
        ))))
    }
}

/// # Errors
/// If no client for HTTP can be made here.
pub(super) fn capabilities() -> Result<Capabilities, egress::EgressError> {
    let code = code_runner(Sandbox::new(SandboxSettings::default()));
    let http = egress::Client::new(egress::Policy::default())?;
    Ok(Capabilities { code: Some(code), http: Some(http), ..Capabilities::default() })
}
