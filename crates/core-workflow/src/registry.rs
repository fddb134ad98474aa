//! Which code runs a node: by type and version, or by id where a node is replaced.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::{GraphError, NodeSpec};
use crate::node::Node;
use crate::node_type::NodeType;
use crate::nodes;
use crate::nodes::iteration::IterationSpec;
use crate::nodes::r#loop::LoopSpec;

/// What a node's fields become.
#[derive(Debug)]
pub enum Body {
    Leaf(Arc<dyn Node>),
    /// Run by the engine itself.
    Iteration(IterationSpec),
    Loop(LoopSpec),
}

/// Makes a node of its fields; the error is for the person who wrote them.
pub type Build = fn(&NodeSpec) -> Result<Body, String>;

/// All kinds of nodes that a workflow may have.
#[derive(Clone)]
pub struct Registry {
    /// By type; in one type the implementations by version, the last is the latest.
    builds: HashMap<NodeType, Vec<(&'static str, Build)>>,
    replaced: HashMap<String, Arc<dyn Node>>,
}

impl Registry {
    /// The nodes of this crate.
    pub fn standard() -> Self {
        let mut registry = Self { builds: HashMap::new(), replaced: HashMap::new() };
        for (kind, version, build) in nodes::ALL {
            registry.register(*kind, version, *build);
        }
        registry
    }

    /// Adds an implementation, or takes the place of one.
    pub fn register(&mut self, kind: NodeType, version: &'static str, build: Build) {
        let versions = self.builds.entry(kind).or_default();
        match versions.iter_mut().find(|(known, _)| *known == version) {
            Some((_, earlier)) => *earlier = build,
            None => versions.push((version, build)),
        }
    }

    /// Puts another node in the place of the one with this id: to run a workflow without the world around it.
    pub fn replace(&mut self, id: impl Into<String>, node: Arc<dyn Node>) {
        self.replaced.insert(id.into(), node);
    }

    /// A version that is not known is run by the latest.
    pub(crate) fn build(&self, spec: &NodeSpec) -> Result<Body, GraphError> {
        if let Some(node) = self.replaced.get(spec.id.as_ref()) {
            return Ok(Body::Leaf(Arc::clone(node)));
        }
        let fault = |message: String| GraphError::Node { node: spec.id.to_string(), kind: spec.kind, message };
        let versions =
            self.builds.get(&spec.kind).ok_or_else(|| fault("nodes of this type cannot be run".to_owned()))?;
        let (_, build) = versions
            .iter()
            .find(|(version, _)| *version == spec.version)
            .or_else(|| versions.last())
            .ok_or_else(|| fault("nodes of this type cannot be run".to_owned()))?;
        build(spec).map_err(fault)
    }
}
