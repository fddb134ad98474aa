//! Context: what was found for a question, as text for the prompt and as sources for the answer.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::node::NodeError;
use crate::value::{File, Value, python};

/// What a node was given to lean on.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub text: String,
    /// Pictures of the pieces that were found.
    pub files: Vec<Arc<File>>,
    /// Pieces of knowledge that the answer may cite.
    pub sources: Vec<Json>,
}

/// The context of a variable: a text, or a list of texts and of objects with `content`.
pub(super) fn read(value: &Value) -> Result<Context, NodeError> {
    let mut context = Context::default();
    let items = match value {
        Value::String(text) => {
            context.text = text.to_string();
            return Ok(context);
        }
        Value::Array(array) => &array.items,
        Value::None
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Object(_)
        | Value::File(_)
        | Value::Secret(_) => return Ok(context),
    };
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        if let Some(text) = item.as_str() {
            lines.push(text.to_owned());
            continue;
        }
        let object = item.as_object();
        let Some(content) = object.and_then(|object| object.get("content")) else {
            let message = format!("Invalid context structure: {}", python::str(item));
            return Err(NodeError::new("InvalidContextStructureError", message));
        };
        let summary = object.and_then(|object| object.get("summary")).filter(|summary| summary.is_truthy());
        lines.extend(summary.map(python::str));
        lines.push(python::str(content));
        if let Some(files) = object.and_then(|object| object.get("files")) {
            context.files.extend(files.files());
        }
        context.sources.extend(source(&item.to_json()));
    }
    lines.join("\n").trim().clone_into(&mut context.text);
    Ok(context)
}

/// A piece of knowledge as clients are told of it; `None` for other objects.
fn source(item: &Json) -> Option<Json> {
    let metadata = item.get("metadata")?.as_object()?;
    if metadata.get("_source").and_then(Json::as_str) != Some("knowledge") {
        return None;
    }
    // Names in clients' events, and in the piece's metadata.
    const NAMES: [(&str, &str); 16] = [
        ("position", "position"),
        ("dataset_id", "dataset_id"),
        ("dataset_name", "dataset_name"),
        ("document_id", "document_id"),
        ("document_name", "document_name"),
        ("data_source_type", "data_source_type"),
        ("segment_id", "segment_id"),
        ("retriever_from", "retriever_from"),
        ("score", "score"),
        ("hit_count", "segment_hit_count"),
        ("word_count", "segment_word_count"),
        ("segment_position", "segment_position"),
        ("index_node_hash", "segment_index_node_hash"),
        ("page", "page"),
        ("doc_metadata", "doc_metadata"),
        ("child_chunks", "child_chunks"),
    ];
    let mut source = JsonMap::new();
    for (name, key) in NAMES {
        source.insert(name.to_owned(), metadata.get(key).cloned().unwrap_or(Json::Null));
    }
    for name in ["title", "content", "files", "summary"] {
        source.insert(name.to_owned(), item.get(name).cloned().unwrap_or(Json::Null));
    }
    Some(Json::Object(source))
}
