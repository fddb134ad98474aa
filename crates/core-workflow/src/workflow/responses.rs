//! What of a scope is streamed, and what has to have happened before.
//!
//! A response node (answer, end) may begin to stream when some path leads to it on which every *blocking* edge has been
//! taken: an edge that leaves a branch, a container or a response node, or a node that writes a variable which the
//! template shows. The reference lists all paths; here it is one question of reachability per set of writers, answered
//! step by step while edges are taken, in time proportional to the graph.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::scope::Scope;
use super::{Compiled, Work};
use crate::selector::Selector;
use crate::template::Segment;

#[derive(Debug)]
pub(crate) struct ResponsePlan {
    /// By node id.
    pub responses: Vec<Response>,
    /// Response of a node, by the node's number.
    by_node: HashMap<u32, usize>,
    pub classes: Vec<Class>,
    /// Variables whose pieces are kept until their turn.
    referenced: HashSet<(Arc<str>, Arc<str>)>,
    /// Edges that block whatever the class, by the number of their source.
    blocking: Vec<bool>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub node: u32,
    pub id: Arc<str>,
    pub segments: Vec<Segment>,
    /// In [`ResponsePlan::classes`].
    pub class: usize,
}

/// Responses that wait for the same writers.
#[derive(Debug)]
pub(crate) struct Class {
    /// Numbers of the nodes that write what these templates show.
    writers: HashSet<u32>,
    /// Nodes that the root leads to without a blocking edge.
    pub open: Vec<bool>,
}

impl ResponsePlan {
    /// `None` if nothing is streamed here.
    pub(super) fn of(scope: &Scope, compiled: &[Compiled]) -> Option<Self> {
        let numbers = 0..u32::try_from(scope.len()).unwrap_or(u32::MAX);
        let node = |number: u32| compiled.get(scope.global(number));
        let template = |number: u32| match &node(number)?.work {
            Work::Leaf(leaf) => leaf.template(),
            Work::Iteration { .. } | Work::Loop { .. } => None,
        };
        let mut templates: Vec<(u32, Vec<Segment>)> =
            numbers.clone().filter_map(|number| Some((number, template(number)?))).collect();
        if templates.is_empty() {
            return None;
        }
        let id = |number: u32| node(number).map(|node| Arc::clone(&node.spec.id)).unwrap_or_default();
        templates.sort_by_key(|(number, _)| id(*number));

        let writes: Vec<(u32, Vec<Selector>)> = numbers
            .clone()
            .filter_map(|number| match &node(number)?.work {
                Work::Leaf(leaf) => Some((number, leaf.writes())),
                Work::Iteration { .. } | Work::Loop { .. } => None,
            })
            .filter(|(_, selectors)| !selectors.is_empty())
            .collect();
        let blocking = numbers
            .map(|number| {
                node(number).is_some_and(|node| {
                    node.spec.branches() || node.spec.kind.is_container() || node.spec.kind.is_response()
                })
            })
            .collect();

        let mut plan = Self {
            responses: Vec::new(),
            by_node: HashMap::new(),
            classes: Vec::new(),
            referenced: HashSet::new(),
            blocking,
        };
        for (number, segments) in templates {
            let shown: Vec<&Selector> = segments.iter().filter_map(variable).collect();
            let writers = writes
                .iter()
                .filter(|(_, written)| written.iter().any(|w| shown.iter().any(|s| s.same_variable(w))))
                .map(|(writer, _)| *writer)
                .collect();
            plan.referenced.extend(shown.iter().map(|s| (Arc::clone(s.node()), Arc::clone(s.name()))));
            let class = plan.class(scope, writers);
            plan.by_node.insert(number, plan.responses.len());
            plan.responses.push(Response { node: number, id: id(number), segments, class });
        }
        Some(plan)
    }

    fn class(&mut self, scope: &Scope, writers: HashSet<u32>) -> usize {
        if let Some(known) = self.classes.iter().position(|class| class.writers == writers) {
            return known;
        }
        let mut class = Class { writers, open: Vec::new() };
        let mut open = vec![false; scope.len()];
        self.spread(scope, &class, &mut open, scope.root, |_| false);
        class.open = open;
        self.classes.push(class);
        self.classes.len() - 1
    }

    /// Whether what lies behind an edge has to wait for it.
    pub(crate) fn blocks(&self, class: &Class, source: u32) -> bool {
        self.blocking.get(source as usize).copied().unwrap_or(false) || class.writers.contains(&source)
    }

    /// Opens a node and everything behind it up to blocking edges that were not taken. Gives the nodes newly opened.
    pub(crate) fn spread(
        &self,
        scope: &Scope,
        class: &Class,
        open: &mut [bool],
        from: u32,
        taken: impl Fn(u32) -> bool,
    ) -> Vec<u32> {
        let mut opened = Vec::new();
        let mut next = vec![from];
        while let Some(node) = next.pop() {
            let Some(flag) = open.get_mut(node as usize) else { continue };
            if std::mem::replace(flag, true) {
                continue;
            }
            opened.push(node);
            let blocks = self.blocks(class, node);
            let edges = scope.leaving(node).iter().filter(|edge| !blocks || taken(**edge));
            next.extend(edges.filter_map(|edge| scope.edge(*edge)).map(|edge| edge.target));
        }
        opened
    }

    /// Which response a node is.
    pub(crate) fn response_of(&self, node: u32) -> Option<usize> {
        self.by_node.get(&node).copied()
    }

    /// Whether any template shows a variable.
    pub(crate) fn shows(&self, node: &Arc<str>, name: &Arc<str>) -> bool {
        self.referenced.contains(&(Arc::clone(node), Arc::clone(name)))
    }
}

fn variable(segment: &Segment) -> Option<&Selector> {
    match segment {
        Segment::Variable(selector) => Some(selector),
        Segment::Text(_) => None,
    }
}
