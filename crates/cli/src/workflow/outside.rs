//! What a run without a server has of the outside world, and what it has not.

use std::sync::Arc;

use async_trait::async_trait;
use core_sandbox::{Call, Language, Sandbox, SandboxSettings};
use core_workflow::capabilities::{CodeCall, CodeError, CodeLanguage, CodeRunner};
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

pub(super) fn capabilities() -> Capabilities {
    let code: Arc<dyn CodeRunner> = match Sandbox::new(SandboxSettings::default()) {
        Ok(sandbox) => Arc::new(Code(sandbox)),
        Err(error) => Arc::new(NoCode(error.to_string())),
    };
    // Without a client, nodes that send requests say that they cannot.
    let http = egress::Client::new(egress::Policy::default()).ok();
    Capabilities { code: Some(code), http, ..Capabilities::default() }
}

/// Code nodes in the sandbox.
struct Code(Sandbox);

#[async_trait]
impl CodeRunner for Code {
    async fn call_main(&self, call: CodeCall) -> Result<serde_json::Value, CodeError> {
        let language = match call.language {
            CodeLanguage::Python3 => Language::Python3,
            CodeLanguage::JavaScript => Language::JavaScript,
        };
        let call = Call { language, code: call.code, arguments: call.arguments };
        self.0.call_main(call).await.map(|returned| returned.value).map_err(|error| {
            let text = error.to_string();
            if error.is_scripts_fault() { CodeError::Failed(text) } else { CodeError::Unavailable(text) }
        })
    }
}

/// There is no sandbox; why not.
struct NoCode(String);

#[async_trait]
impl CodeRunner for NoCode {
    async fn call_main(&self, _call: CodeCall) -> Result<serde_json::Value, CodeError> {
        Err(CodeError::Unavailable(self.0.clone()))
    }
}
