//! Where a run starts, and what makes a graph impossible to run.

use super::{Graph, GraphError};

impl Graph {
    /// Where a run starts: the asked node, else the first start-capable node without a predecessor, else the first
    /// without a predecessor.
    ///
    /// # Errors
    /// If the asked node does not exist, or every node has a predecessor.
    pub fn root(&self, asked: Option<&str>) -> Result<usize, GraphError> {
        if let Some(id) = asked {
            return self.position(id).ok_or_else(|| GraphError::UnknownRoot(id.to_owned()));
        }
        let mut has_predecessor = vec![false; self.nodes.len()];
        for edge in &self.edges {
            if let Some(flag) = has_predecessor.get_mut(edge.target) {
                *flag = true;
            }
        }
        let free = || {
            let nodes = self.nodes.iter().zip(&has_predecessor).enumerate();
            nodes.filter(|(_, (_, predecessor))| !**predecessor).map(|(at, (node, _))| (at, node))
        };
        free()
            .find(|(_, node)| node.kind.starts_runs())
            .or_else(|| free().next())
            .map(|(at, _)| at)
            .ok_or(GraphError::NoRoot)
    }

    /// # Errors
    /// If no run can begin at the root, starts and triggers are mixed, or nodes that the root leads to form a circle.
    pub fn validate(&self, root: usize) -> Result<(), GraphError> {
        self.faults(root).into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything for which [`validate`](Self::validate) refuses the graph.
    pub(crate) fn faults(&self, root: usize) -> Vec<GraphError> {
        let Some(start) = self.nodes.get(root) else { return vec![GraphError::Empty] };
        let mut faults = Vec::new();
        if !start.kind.starts_runs() && !start.kind.starts_rounds() {
            faults.push(GraphError::InvalidRoot(start.id.to_string()));
        }
        let has = |what: fn(crate::NodeType) -> bool| self.nodes.iter().any(|node| what(node.kind));
        if has(|kind| kind == crate::NodeType::Start) && has(crate::NodeType::is_trigger) {
            faults.push(GraphError::TriggerConflict);
        }
        faults.extend(self.no_circle(root).err());
        faults
    }

    /// Depth-first without recursion: chains may be ten thousand nodes long.
    pub(crate) fn no_circle(&self, root: usize) -> Result<(), GraphError> {
        let mut successors = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            if let Some(list) = successors.get_mut(edge.source) {
                list.push(edge.target);
            }
        }
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.nodes.len()];
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        if let Some(mark) = marks.get_mut(root) {
            *mark = Mark::Open;
        }
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(&successor) = successors.get(node).and_then(|list| list.get(*next)) else {
                if let Some(mark) = marks.get_mut(node) {
                    *mark = Mark::Done;
                }
                path.pop();
                continue;
            };
            *next += 1;
            match marks.get_mut(successor) {
                Some(Mark::Open) => return Err(self.circle(&path, successor)),
                Some(mark @ Mark::New) => {
                    *mark = Mark::Open;
                    path.push((successor, 0));
                }
                Some(Mark::Done) | None => {}
            }
        }
        Ok(())
    }

    fn circle(&self, path: &[(usize, usize)], back_to: usize) -> GraphError {
        const SHOWN: usize = 10;
        let circle = path.iter().map(|(node, _)| *node).skip_while(|node| *node != back_to);
        let names = circle.chain([back_to]).filter_map(|node| self.nodes.get(node));
        let names: Vec<String> = names.take(SHOWN).map(|node| format!("`{}`", node.id)).collect();
        GraphError::Cycle(names.join(" -> "))
    }
}
