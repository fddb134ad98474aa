//! `knowledge-retrieval`: searches knowledge bases.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::fields::{self, OptionalSelector};
use crate::capabilities::{KnowledgeError, Retrieval, Retrieved};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool::Variables;
use crate::registry::Body;
use crate::template::Template;
use crate::value::{ArrayKind, File, Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    query_variable_selector: OptionalSelector,
    #[serde(default)]
    query_attachment_selector: OptionalSelector,
}

#[derive(Debug)]
struct KnowledgeRetrieval {
    query: OptionalSelector,
    attachments: OptionalSelector,
}

const KIND: &str = "KnowledgeRetrievalNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let node =
        KnowledgeRetrieval { query: fields.query_variable_selector, attachments: fields.query_attachment_selector };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for KnowledgeRetrieval {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut inputs = Map::new();
        let (query, attachments) = match self.searched_for(&visit.variables, &mut inputs) {
            Ok(found) => found,
            Err(message) => return Step::Done(Err(NodeError::new(KIND, message).with_inputs(inputs))),
        };
        if self.query.0.is_none() && self.attachments.0.is_none() {
            return Step::ok(Outcome::default());
        }
        if query.as_deref().is_none_or(|query| query.trim().is_empty()) && attachments.is_empty() {
            return Step::ok(outcome(Retrieved::default(), inputs));
        }
        let Some(knowledge) = visit.run.capabilities.knowledge.clone() else {
            let error = NodeError::new(KIND, "knowledge retrieval is not available here");
            return Step::Done(Err(error.with_inputs(inputs)));
        };
        let settings = settings(&visit.spec.data, &visit.variables);
        let retrieval = Retrieval { query, attachments, settings };
        Step::pending(async move {
            match knowledge.retrieve(retrieval).await {
                Ok(retrieved) => Ok(outcome(retrieved, inputs)),
                Err(error) => Err(NodeError::from(error).with_inputs(inputs)),
            }
        })
    }
}

impl KnowledgeRetrieval {
    fn searched_for(
        &self,
        variables: &Variables<'_>,
        inputs: &mut Map,
    ) -> Result<(Option<String>, Vec<Arc<File>>), &'static str> {
        let mut query = None;
        if let Some(selector) = &self.query.0 {
            let value = variables.get(selector).map(std::borrow::Cow::into_owned);
            let Some(Value::String(text)) = value else { return Err("Query variable is not string type.") };
            inputs.insert("query".to_owned(), Value::String(Arc::clone(&text)));
            query = Some(text.to_string());
        }
        let mut attachments = Vec::new();
        if let Some(selector) = &self.attachments.0 {
            let value = variables.get(selector);
            attachments = match value.as_deref() {
                Some(Value::File(file)) => vec![Arc::clone(file)],
                Some(value @ Value::Array(array)) if array.items.is_empty() || array.kind == ArrayKind::File => {
                    value.files()
                }
                _ => return Err("Attachments variable is not array file or file type."),
            };
            let shown = attachments.iter().map(|file| Value::File(Arc::clone(file))).collect();
            inputs.insert("attachments".to_owned(), Value::array_of(ArrayKind::File, shown));
        }
        Ok((query, attachments))
    }
}

/// The node's fields, with references in the values of filters filled in.
fn settings(data: &Arc<JsonMap<String, Json>>, variables: &Variables<'_>) -> Arc<JsonMap<String, Json>> {
    const FILTERS: &str = "metadata_filtering_conditions";
    if !data.get(FILTERS).is_some_and(Json::is_object) {
        return Arc::clone(data);
    }
    let mut data = data.as_ref().clone();
    let conditions =
        data.get_mut(FILTERS).and_then(|filters| filters.get_mut("conditions")).and_then(Json::as_array_mut);
    for value in conditions.into_iter().flatten().filter_map(|condition| condition.get_mut("value")) {
        match value {
            Json::Array(items) => items.iter_mut().for_each(|item| fill(item, variables)),
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => {
                fill(other, variables);
            }
        }
    }
    Arc::new(data)
}

fn fill(value: &mut Json, variables: &Variables<'_>) {
    if let Json::String(text) = value {
        *text = Template::parse(text).render(variables);
    }
}

fn outcome(retrieved: Retrieved, inputs: Map) -> Outcome {
    let Retrieved { mut pieces, usage } = retrieved;
    let score = |piece: &Json| piece.pointer("/metadata/score").and_then(Json::as_f64).unwrap_or_default();
    pieces.sort_by(|one, other| score(other).total_cmp(&score(one)));
    for (index, piece) in pieces.iter_mut().enumerate() {
        if let Some(metadata) = piece.get_mut("metadata").and_then(Json::as_object_mut) {
            metadata.insert("position".to_owned(), Json::from(index + 1));
        }
    }
    let result = pieces.into_iter().map(Value::from_json).collect();
    let outputs = Map::from_iter([("result".to_owned(), Value::array_of(ArrayKind::Object, result))]);
    let process_data = Map::from_iter([("usage".to_owned(), usage.to_value())]);
    let mut outcome = Outcome { inputs, process_data, outputs, ..Outcome::default() };
    outcome.metadata.cost(&usage);
    outcome.usage = Some(usage);
    outcome
}

impl From<KnowledgeError> for NodeError {
    fn from(error: KnowledgeError) -> Self {
        Self::new(error.kind, error.message)
    }
}
