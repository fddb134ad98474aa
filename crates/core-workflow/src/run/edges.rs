//! From a finished node to the next ones: taken and skipped edges, joins.

use std::sync::Arc;

use super::frame::{Frame, Mark, Ready};
use crate::workflow::scope::Scope;

/// Which of a node's edges are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    All,
    Handle(Arc<str>),
}

impl Frame {
    /// Decides all edges that leave a node. Edges that are not taken are skipped first, with everything that thereby
    /// cannot run any more. Nodes that become ready are queued, those freed by a skip before the others.
    pub(crate) fn leave(&mut self, scope: &Scope, node: u32, from: &Arc<str>, choice: &Choice) {
        let is_taken = |edge: u32| match choice {
            Choice::All => true,
            Choice::Handle(handle) => scope.edge(edge).is_some_and(|edge| edge.handle == *handle),
        };
        let skipped: Vec<u32> = scope.leaving(node).iter().copied().filter(|edge| !is_taken(*edge)).collect();
        self.skip(scope, skipped, from);
        let taken: Vec<u32> = scope.leaving(node).iter().copied().filter(|edge| is_taken(*edge)).collect();
        for edge in &taken {
            self.take(scope, *edge);
        }
        for target in taken.iter().filter_map(|edge| scope.edge(*edge)).map(|edge| edge.target) {
            self.enqueue_if_ready(target, from);
        }
    }

    /// Marks roots that were not chosen, and whatever only they lead to.
    pub(crate) fn skip_roots(&mut self, scope: &Scope) {
        let from = Arc::from("");
        for root in &scope.inactive_roots {
            self.set_mark(*root, Mark::Skipped);
            self.skip(scope, scope.leaving(*root).to_vec(), &from);
        }
    }

    fn take(&mut self, scope: &Scope, number: u32) {
        let Some(edge) = scope.edge(number) else { return };
        if let (Some(mark), Some(undecided), Some(taken)) = (
            self.edges.get_mut(number as usize),
            self.undecided.get_mut(edge.target as usize),
            self.taken.get_mut(edge.target as usize),
        ) {
            *mark = Mark::Taken;
            *undecided = undecided.saturating_sub(1);
            *taken += 1;
        }
        self.edge_taken(scope, number);
    }

    fn skip(&mut self, scope: &Scope, edges: Vec<u32>, from: &Arc<str>) {
        // The last is the next: reversed, so that edges are skipped in their order and depth first.
        let mut open: Vec<u32> = edges.into_iter().rev().collect();
        while let Some(number) = open.pop() {
            let Some(edge) = scope.edge(number) else { continue };
            let target = edge.target as usize;
            if let (Some(mark), Some(undecided)) = (self.edges.get_mut(number as usize), self.undecided.get_mut(target))
            {
                *mark = Mark::Skipped;
                *undecided = undecided.saturating_sub(1);
            }
            if self.undecided.get(target).is_some_and(|undecided| *undecided > 0) {
                continue;
            }
            if self.taken.get(target).is_some_and(|taken| *taken > 0) {
                self.enqueue_if_ready(edge.target, from);
            } else if self.mark(edge.target) == Mark::Unknown {
                self.set_mark(edge.target, Mark::Skipped);
                open.extend(scope.leaving(edge.target).iter().rev());
            }
        }
    }

    fn enqueue_if_ready(&mut self, node: u32, from: &Arc<str>) {
        let at = node as usize;
        let decided = self.undecided.get(at) == Some(&0) && self.taken.get(at).is_some_and(|taken| *taken > 0);
        if decided && self.mark(node) == Mark::Unknown {
            self.set_mark(node, Mark::Taken);
            self.ready.push_back(Ready { node, predecessor: Some(Arc::clone(from)), again: None });
        }
    }
}
