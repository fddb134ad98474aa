//! `answer`: a text for the person who asked.

use std::sync::Arc;

use serde::Deserialize;

use super::fields::{self, LooseText};
use crate::graph::NodeSpec;
use crate::node::{Node, Outcome, Step, Visit};
use crate::registry::Body;
use crate::template::{Segment, Template};
use crate::value::{ArrayKind, Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    answer: LooseText,
}

#[derive(Debug)]
struct Answer {
    template: Template,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    Ok(Body::Leaf(Arc::new(Answer { template: Template::parse(&fields.answer.0) })))
}

impl Node for Answer {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let files = self.template.files(&visit.variables).into_iter().map(Value::File).collect();
        let outputs = Map::from_iter([
            ("answer".to_owned(), Value::from(self.template.render_markdown(&visit.variables))),
            ("files".to_owned(), Value::array_of(ArrayKind::File, files)),
        ]);
        Step::ok(Outcome::with(outputs))
    }

    fn template(&self) -> Option<Vec<Segment>> {
        Some(self.template.segments().to_vec())
    }
}
