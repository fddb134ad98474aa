//! Nodes that run together: the whole workflow, or one round of a container. Nodes and edges are numbered anew here, so
//! that the state of a run is a few flat lists.

use std::collections::HashMap;
use std::sync::Arc;

use super::Compiled;
use super::responses::ResponsePlan;
use crate::graph::{Graph, GraphError};

/// Edges by the nodes they leave and reach, in declaration order.
pub(crate) struct Adjacency {
    leaving: Vec<Vec<usize>>,
    reaching: Vec<Vec<usize>>,
}

impl Adjacency {
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut adjacency =
            Self { leaving: vec![Vec::new(); graph.nodes.len()], reaching: vec![Vec::new(); graph.nodes.len()] };
        for (number, edge) in graph.edges.iter().enumerate() {
            if let Some(list) = adjacency.leaving.get_mut(edge.source) {
                list.push(number);
            }
            if let Some(list) = adjacency.reaching.get_mut(edge.target) {
                list.push(number);
            }
        }
        adjacency
    }
}

#[derive(Debug)]
pub(crate) struct Edge {
    pub source: u32,
    pub target: u32,
    pub handle: Arc<str>,
}

#[derive(Debug)]
pub(crate) struct Scope {
    /// Where it begins, by the scope's own numbers, as everywhere below.
    pub root: u32,
    /// Places in the graph.
    nodes: Vec<usize>,
    numbers: HashMap<Arc<str>, u32>,
    edges: Vec<Edge>,
    /// Edges that leave each node, in declaration order.
    leaving: Vec<Vec<u32>>,
    /// How many edges reach each node.
    pub in_degrees: Vec<u32>,
    /// Nodes that could have been the root and were not chosen: skipped from the beginning.
    pub inactive_roots: Vec<u32>,
    pub responses: Option<ResponsePlan>,
}

impl Scope {
    /// The whole workflow.
    pub(crate) fn whole(
        graph: &Graph,
        adjacency: &Adjacency,
        nodes: &[Compiled],
        root: usize,
    ) -> Result<Self, GraphError> {
        let mut scope = Self::over(graph, adjacency, nodes, (0..graph.nodes.len()).collect(), root)?;
        let without_predecessor = |number: &u32| scope.in_degrees.get(*number as usize) == Some(&0);
        let starts = |number: &u32| graph.nodes.get(scope.global(*number)).is_some_and(|n| n.kind.starts_runs());
        let numbers = 0..u32::try_from(scope.nodes.len()).unwrap_or(u32::MAX);
        scope.inactive_roots =
            numbers.filter(|n| *n != scope.root).filter(without_predecessor).filter(starts).collect();
        Ok(scope)
    }

    /// A container's rounds: what its start node leads to, and whatever else has an edge to there.
    pub(crate) fn rounds(
        graph: &Graph,
        adjacency: &Adjacency,
        nodes: &[Compiled],
        root: usize,
    ) -> Result<Self, GraphError> {
        graph.no_circle(root)?;
        let mut inside = vec![false; graph.nodes.len()];
        let mut open = vec![root];
        let mut members = Vec::new();
        while let Some(node) = open.pop() {
            let Some(seen) = inside.get_mut(node) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            members.push(node);
            let edges = adjacency.leaving.get(node).into_iter().flatten();
            open.extend(edges.filter_map(|edge| graph.edges.get(*edge)).map(|edge| edge.target));
        }
        let sources: Vec<usize> = members
            .iter()
            .flat_map(|node| adjacency.reaching.get(*node).into_iter().flatten())
            .filter_map(|edge| graph.edges.get(*edge))
            .map(|edge| edge.source)
            .collect();
        for source in sources {
            if let Some(seen) = inside.get_mut(source)
                && !std::mem::replace(seen, true)
            {
                members.push(source);
            }
        }
        members.sort_unstable();
        Self::over(graph, adjacency, nodes, members, root)
    }

    fn over(
        graph: &Graph,
        adjacency: &Adjacency,
        compiled: &[Compiled],
        nodes: Vec<usize>,
        root: usize,
    ) -> Result<Self, GraphError> {
        let number = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let local: HashMap<usize, u32> = nodes.iter().enumerate().map(|(at, node)| (*node, number(at))).collect();
        let mut edges = Vec::new();
        let mut leaving = vec![Vec::new(); nodes.len()];
        let mut in_degrees = vec![0_u32; nodes.len()];
        for (source, node) in nodes.iter().enumerate() {
            for edge in adjacency.leaving.get(*node).into_iter().flatten() {
                let Some(edge) = graph.edges.get(*edge) else { continue };
                let Some(&target) = local.get(&edge.target) else { continue };
                if let (Some(list), Some(degree)) = (leaving.get_mut(source), in_degrees.get_mut(target as usize)) {
                    list.push(number(edges.len()));
                    *degree += 1;
                }
                edges.push(Edge { source: number(source), target, handle: Arc::clone(&edge.handle) });
            }
        }
        let numbers = nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| graph.nodes.get(*node).map(|spec| (Arc::clone(&spec.id), number(at))))
            .collect();
        let root = local.get(&root).copied().ok_or(GraphError::NoRoot)?;
        let mut scope =
            Self { root, nodes, numbers, edges, leaving, in_degrees, inactive_roots: Vec::new(), responses: None };
        scope.responses = ResponsePlan::of(&scope, compiled);
        Ok(scope)
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// A node's place in the graph.
    pub(crate) fn global(&self, number: u32) -> usize {
        self.nodes.get(number as usize).copied().unwrap_or(usize::MAX)
    }

    /// A node's number here; `None` for nodes of other scopes.
    pub(crate) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn edge(&self, number: u32) -> Option<&Edge> {
        self.edges.get(number as usize)
    }

    pub(crate) fn leaving(&self, node: u32) -> &[u32] {
        self.leaving.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// Places in the graph of the nodes that its root leads to.
    pub(crate) fn reachable_nodes(&self) -> impl Iterator<Item = usize> {
        let mut seen = vec![false; self.len()];
        let mut open = vec![self.root];
        let mut reached = Vec::new();
        while let Some(node) = open.pop() {
            let Some(flag) = seen.get_mut(node as usize) else { continue };
            if std::mem::replace(flag, true) {
                continue;
            }
            reached.push(self.global(node));
            open.extend(self.leaving(node).iter().filter_map(|edge| self.edge(*edge)).map(|edge| edge.target));
        }
        reached.into_iter()
    }
}
