//! `knowledge-index`: the end of a pipeline; puts its chunks into a knowledge base, or shows what that would be.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::fields::{self, OptionalSelector};
use crate::capabilities::{IndexedDocument, Indexing, KnowledgeIndex as Index};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool::{self, Variables};
use crate::registry::Body;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    index_chunk_variable_selector: OptionalSelector,
}

#[derive(Debug)]
struct KnowledgeIndex {
    chunks: OptionalSelector,
}

const KIND: &str = "KnowledgeIndexNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    Ok(Body::Leaf(Arc::new(KnowledgeIndex { chunks: fields.index_chunk_variable_selector })))
}

/// A text that the platform tells the run.
fn system(variables: &Variables<'_>, name: &str) -> Option<String> {
    variables.variable(pool::SYSTEM, name).map(Value::text).filter(|text| !text.is_empty())
}

impl KnowledgeIndex {
    /// What is to be indexed, and whether only to be shown.
    fn indexing(&self, visit: &Visit<'_>, inputs: &mut Map) -> Result<(Indexing, bool), &'static str> {
        let variables = &visit.variables;
        let dataset_id = system(variables, "dataset_id").ok_or("Dataset ID is required.")?;
        let chunks = self.chunks.0.as_ref().and_then(|selector| variables.get(selector));
        let chunks = chunks.ok_or("Index chunk variable is required.")?;
        inputs.insert("chunks".to_owned(), chunks.clone().into_owned());
        if !chunks.is_truthy() {
            return Err("Chunks is required.");
        }
        let is_preview = system(variables, "invoke_from").as_deref() == Some("debugger");
        let told = |name: &str, missing: &'static str| match system(variables, name) {
            Some(text) => Ok(text),
            None if is_preview => Ok(String::new()),
            None => Err(missing),
        };
        let indexing = Indexing {
            dataset_id,
            document_id: told("document_id", "Document ID is required.")?,
            original_document_id: system(variables, "original_document_id"),
            batch: told("batch", "Batch is required.")?,
            chunks: chunks.to_json(),
            settings: Arc::clone(&visit.spec.data),
        };
        Ok((indexing, is_preview))
    }
}

impl Node for KnowledgeIndex {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let mut inputs = Map::new();
        let (indexing, is_preview) = match self.indexing(visit, &mut inputs) {
            Ok(indexing) => indexing,
            Err(message) => return Step::Done(Err(NodeError::new(KIND, message).with_inputs(inputs))),
        };
        let Some(index) = visit.run.capabilities.index.clone() else {
            let error = NodeError::new(KIND, "indexing is not available here");
            return Step::Done(Err(error.with_inputs(inputs)));
        };
        Step::pending(async move {
            match put(index.as_ref(), indexing, is_preview).await {
                Ok(outputs) => {
                    let outputs = outputs.into_iter().map(|(name, value)| (name, Value::from_json(value))).collect();
                    Ok(Outcome { inputs, outputs, ..Outcome::default() })
                }
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }

    /// It is an end of its run, and shows nothing.
    fn template(&self) -> Option<Vec<crate::Segment>> {
        Some(Vec::new())
    }
}

async fn put(index: &dyn Index, indexing: Indexing, is_preview: bool) -> Result<JsonMap<String, Json>, NodeError> {
    if is_preview {
        return Ok(index.preview(indexing).await?);
    }
    let (dataset, document, batch) =
        (indexing.dataset_id.clone(), indexing.document_id.clone(), indexing.batch.clone());
    let IndexedDocument { dataset_name, document_name, created_at } = index.index(indexing).await?;
    let outputs = json!({
        "dataset_id": dataset,
        "dataset_name": dataset_name,
        "batch": batch,
        "document_id": document,
        "document_name": document_name,
        "created_at": created_at,
        "display_status": "completed",
    });
    Ok(outputs.as_object().cloned().unwrap_or_default())
}
