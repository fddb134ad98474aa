//! A graph made ready to run: nodes built once, and for the whole and for every container a [`Scope`]: who runs there,
//! which edges lead where, what is streamed.

pub(crate) mod responses;
pub(crate) mod scope;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use self::scope::Scope;
use crate::event::NodeRef;
use crate::graph::{Graph, GraphError, NodeSpec};
use crate::node::Node;
use crate::nodes::iteration::IterationSpec;
use crate::nodes::r#loop::LoopSpec;
use crate::registry::{Body, Registry};

/// Iterations and loops that a node may lie in.
pub(crate) const MAX_DEPTH: usize = 50;

/// A workflow that can be run any number of times, at the same time.
#[derive(Debug)]
pub struct Workflow {
    pub(crate) nodes: Vec<Compiled>,
    /// The first is that of the whole workflow.
    pub(crate) scopes: Vec<Scope>,
}

/// A node that can be run.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub spec: NodeSpec,
    pub reference: NodeRef,
    pub work: Work,
}

/// What running a node means.
#[derive(Debug)]
pub(crate) enum Work {
    Leaf(Arc<dyn Node>),
    Iteration { spec: IterationSpec, scope: usize },
    Loop { spec: LoopSpec, scope: usize },
}

impl Workflow {
    /// Checks a graph and builds all of its nodes.
    ///
    /// # Errors
    /// What is wrong with the graph, in words for the person who drew it.
    pub fn compile(graph: &Json, registry: &Registry) -> Result<Self, GraphError> {
        Self::compile_from(graph, registry, None)
    }

    /// As [`compile`](Self::compile), with runs that begin at a node that is named.
    ///
    /// # Errors
    /// As there, and if there is no such node.
    pub fn compile_from(graph: &Json, registry: &Registry, root: Option<&str>) -> Result<Self, GraphError> {
        let graph = Graph::parse(graph)?;
        let root = graph.root(root)?;
        graph.validate(root)?;
        Self::build(&graph, registry, root)
    }

    /// One node of a graph alone, whatever its type: for trying it. A container brings its rounds.
    ///
    /// # Errors
    /// If there is no such node or it cannot be built.
    pub fn compile_single(graph: &Json, registry: &Registry, node: &str) -> Result<Self, GraphError> {
        let mut graph = Graph::parse(graph)?;
        let root = graph.root(Some(node))?;
        graph.edges.retain(|edge| edge.source != root && edge.target != root);
        Self::build(&graph, registry, root)
    }

    fn build(graph: &Graph, registry: &Registry, root: usize) -> Result<Self, GraphError> {
        let mut workflow = Self { nodes: Vec::with_capacity(graph.nodes.len()), scopes: Vec::new() };
        let mut containers = Vec::new();
        for (position, spec) in graph.nodes.iter().enumerate() {
            let body = registry.build(spec)?;
            let work = match body {
                Body::Leaf(node) => Work::Leaf(node),
                // Their scopes are made below; the first is never a container's.
                Body::Iteration(spec) => Work::Iteration { spec, scope: 0 },
                Body::Loop(spec) => Work::Loop { spec, scope: 0 },
            };
            if !matches!(work, Work::Leaf(_)) {
                containers.push(position);
            }
            let reference = NodeRef { id: Arc::clone(&spec.id), kind: spec.kind, title: Arc::clone(&spec.title) };
            workflow.nodes.push(Compiled { spec: spec.clone(), reference, work });
        }
        let adjacency = scope::Adjacency::of(graph);
        workflow.scopes.push(Scope::whole(graph, &adjacency, &workflow.nodes, root)?);
        for container in containers {
            workflow.add_rounds(graph, &adjacency, container)?;
        }
        workflow.check_depth()?;
        Ok(workflow)
    }

    fn add_rounds(&mut self, graph: &Graph, adjacency: &scope::Adjacency, container: usize) -> Result<(), GraphError> {
        let number = self.scopes.len();
        let Some(compiled) = self.nodes.get_mut(container) else { return Ok(()) };
        let start = match &mut compiled.work {
            Work::Leaf(_) => return Ok(()),
            Work::Iteration { spec, scope } => {
                *scope = number;
                spec.start_node.clone()
            }
            Work::Loop { spec, scope } => {
                *scope = number;
                spec.start_node.clone()
            }
        };
        let Some(root) = graph.position(&start) else {
            return Err(GraphError::MissingContainerStart { node: compiled.spec.id.to_string(), start });
        };
        self.scopes.push(Scope::rounds(graph, adjacency, &self.nodes, root)?);
        Ok(())
    }

    /// The scope of a container's rounds.
    fn rounds_of(&self, node: usize) -> Option<&Scope> {
        match &self.nodes.get(node)?.work {
            Work::Leaf(_) => None,
            Work::Iteration { scope, .. } | Work::Loop { scope, .. } => self.scopes.get(*scope),
        }
    }

    /// Containers in containers, down to a limit; a container that holds itself would have no end.
    fn check_depth(&self) -> Result<(), GraphError> {
        let mut depths: HashMap<usize, usize> = HashMap::new();
        let mut open: Vec<(usize, usize)> = match self.scopes.first() {
            Some(whole) => whole.reachable_nodes().map(|node| (node, 0)).collect(),
            None => Vec::new(),
        };
        while let Some((node, depth)) = open.pop() {
            let Some(rounds) = self.rounds_of(node) else { continue };
            if depth >= MAX_DEPTH {
                let id = self.nodes.get(node).map(|compiled| compiled.spec.id.to_string()).unwrap_or_default();
                return Err(GraphError::TooDeep { node: id, max: MAX_DEPTH });
            }
            if depths.get(&node).is_some_and(|seen| *seen > depth) {
                continue;
            }
            depths.insert(node, depth + 1);
            open.extend(rounds.reachable_nodes().map(|inner| (inner, depth + 1)));
        }
        Ok(())
    }

    /// Every node by what clients are told of it.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeRef> {
        self.nodes.iter().map(|node| &node.reference)
    }

    /// The node at which runs begin.
    pub fn root(&self) -> Option<&NodeSpec> {
        let scope = self.scopes.first()?;
        self.nodes.get(scope.global(scope.root)).map(|compiled| &compiled.spec)
    }

    pub fn spec(&self, id: &str) -> Option<&NodeSpec> {
        self.nodes.iter().map(|compiled| &compiled.spec).find(|spec| spec.id.as_ref() == id)
    }
}
