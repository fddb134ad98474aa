//! Nodes that only mark a place: where rounds begin, and where a loop ends.

use std::sync::Arc;

use crate::graph::NodeSpec;
use crate::node::{Node, Outcome, Step, Visit};
use crate::registry::Body;

#[derive(Debug)]
struct Marker;

#[expect(clippy::unnecessary_wraps, reason = "one shape for all nodes")]
pub(crate) fn build(_spec: &NodeSpec) -> Result<Body, String> {
    Ok(Body::Leaf(Arc::new(Marker)))
}

impl Node for Marker {
    fn start(&self, _visit: &Visit<'_>) -> Step {
        Step::ok(Outcome::default())
    }
}
