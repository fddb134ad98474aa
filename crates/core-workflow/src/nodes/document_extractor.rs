//! `document-extractor`: the text of a file, or of each file of a list.

use std::sync::Arc;

use serde::Deserialize;

use super::fields::{self, OptionalSelector};
use crate::capabilities::DocumentError;
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::run::RunContext;
use crate::value::{ArrayKind, File, Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    variable_selector: OptionalSelector,
}

#[derive(Debug)]
struct DocumentExtractor {
    variable: OptionalSelector,
}

const KIND: &str = "DocumentExtractorError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    Ok(Body::Leaf(Arc::new(DocumentExtractor { variable: fields.variable_selector })))
}

impl Node for DocumentExtractor {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let selector = self.variable.0.as_ref();
        let name = selector.map_or_else(|| "[]".to_owned(), ToString::to_string);
        let parts = selector.into_iter().flat_map(|selector| selector.parts()).map(Value::from).collect();
        let inputs = Map::from_iter([("variable_selector".to_owned(), Value::array_of(ArrayKind::String, parts))]);
        let fail = |message: String| Step::Done(Err(NodeError::new(KIND, message).with_inputs(inputs.clone())));
        let Some(value) = selector.and_then(|selector| visit.variables.get(selector)) else {
            return fail(format!("File variable not found for selector: {name}"));
        };
        let is_list = value.as_array().is_some();
        let holds_files = |items: &[Value]| items.iter().all(|item| item.as_file().is_some());
        if value.as_file().is_none() && !value.as_array().is_some_and(holds_files) {
            return fail(format!("Variable {name} is not an ArrayFileSegment"));
        }
        let files = value.files();
        let shown = files.iter().map(|file| Value::File(Arc::clone(file))).collect();
        let process_data = Map::from_iter([("documents".to_owned(), Value::array_of(ArrayKind::File, shown))]);
        let run = Arc::clone(visit.run);
        Step::pending(async move {
            match texts(&files, &run).await {
                Ok(mut texts) => {
                    let text = if is_list {
                        Value::array_of(ArrayKind::String, texts.into_iter().map(Value::from).collect())
                    } else {
                        Value::from(texts.pop().unwrap_or_default())
                    };
                    let outputs = Map::from_iter([("text".to_owned(), text)]);
                    Ok(Outcome { inputs, process_data, outputs, ..Outcome::default() })
                }
                Err(error) => Err(error.with_inputs(inputs).with_process_data(process_data)),
            }
        })
    }
}

/// One after the other: documents are large, and reading them is work.
async fn texts(files: &[Arc<File>], run: &RunContext) -> Result<Vec<String>, NodeError> {
    let capabilities = &run.capabilities;
    let (Some(store), Some(documents)) = (&capabilities.files, &capabilities.documents) else {
        return Err(NodeError::new(KIND, "documents cannot be read here"));
    };
    let mut texts = Vec::with_capacity(files.len());
    let mut left = run.limits.max_file_bytes;
    for file in files {
        let bytes = store.read(file, left).await.map_err(|e| NodeError::new("FileDownloadError", e.to_string()))?;
        left = left.saturating_sub(bytes.len());
        texts.push(documents.extract(file, bytes).await?);
    }
    Ok(texts)
}

impl From<DocumentError> for NodeError {
    fn from(error: DocumentError) -> Self {
        let kind = match error {
            DocumentError::Unsupported(_) => "UnsupportedFileTypeError",
            DocumentError::Failed(_) => "TextExtractionError",
        };
        Self::new(kind, error.to_string())
    }
}
