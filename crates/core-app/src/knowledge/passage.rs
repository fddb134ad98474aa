//! What was found for a question, wherever it comes from: as context for a model, as a citation, as a node's output.

use models::{DatasetId, DocForm, InvokeFrom};
use serde_json::{Value, json};

use super::external::ExternalRecord;
use super::finder::FoundSegment;

/// A passage of a dataset.
#[derive(Debug, Clone)]
pub struct Passage {
    pub dataset: DatasetId,
    pub dataset_name: String,
    /// `None` where it was found by keywords and never ranked.
    pub score: Option<f64>,
    pub source: Source,
}

#[derive(Debug, Clone)]
pub enum Source {
    Segment(Box<FoundSegment>),
    External(ExternalRecord),
}

impl Passage {
    /// The text by which it is ranked.
    pub fn text(&self) -> &str {
        match &self.source {
            Source::Segment(found) => &found.segment.content,
            Source::External(record) => &record.content,
        }
    }

    /// What a model reads of it: the summary by which it was found comes first.
    pub fn for_model(&self) -> String {
        match self.summary() {
            Some(summary) => format!("{summary}\n{}", self.rendered(" ")),
            None => self.rendered(" "),
        }
    }

    fn summary(&self) -> Option<&str> {
        match &self.source {
            Source::Segment(found) => found.summary.as_deref(),
            Source::External(_) => None,
        }
    }

    fn rendered(&self, between: &str) -> String {
        match &self.source {
            Source::Segment(found) if found.document.doc_form == DocForm::Qa => {
                let answer = found.segment.answer.as_deref().unwrap_or_default();
                format!("question:{}{between}answer:{answer}", found.segment.content)
            }
            Source::Segment(found) => found.segment.content.clone(),
            Source::External(record) => record.content.clone(),
        }
    }

    /// An item of `retriever_resources`; `position` counts from 1.
    pub fn citation(&self, position: usize, from: InvokeFrom) -> Value {
        let mut cited = json!({
            "position": position, "dataset_id": self.dataset, "dataset_name": self.dataset_name,
            "document_id": null, "document_name": null, "data_source_type": "external", "segment_id": null,
            "retriever_from": retriever_from(from), "score": self.score, "hit_count": null, "word_count": null,
            "segment_position": null, "index_node_hash": null, "content": self.rendered(" \n"), "page": null,
            "doc_metadata": null, "title": null, "files": null, "summary": self.summary(),
        });
        let mut set =
            |name: &str, value: Value| drop(cited.as_object_mut().map(|cited| cited.insert(name.to_owned(), value)));
        match &self.source {
            Source::Segment(found) => {
                let (segment, document) = (&found.segment, &found.document);
                set("document_id", json!(document.id));
                set("document_name", json!(document.name));
                set("title", json!(document.name));
                set("data_source_type", json!(document.data_source_type));
                set("segment_id", json!(segment.id));
                set("doc_metadata", json!(document.doc_metadata));
                if from == InvokeFrom::Debugger {
                    set("hit_count", json!(segment.hit_count));
                    set("word_count", json!(segment.word_count));
                    set("segment_position", json!(segment.position));
                    set("index_node_hash", json!(segment.index_node_hash));
                }
            }
            Source::External(record) => {
                set("document_id", json!(record.noted("document_id").or_else(|| record.title())));
                set("document_name", json!(record.title()));
                set("title", json!(record.title()));
                set("doc_metadata", json!(record.metadata));
            }
        }
        cited
    }

    /// An item of a knowledge retrieval node's `result`.
    pub fn of_node(&self) -> Value {
        match &self.source {
            Source::Segment(found) => {
                let (segment, document) = (&found.segment, &found.document);
                let children = found.children.iter().map(|child| {
                    json!({"id": child.chunk.id, "content": child.chunk.content, "position": child.chunk.position, "score": child.score})
                });
                let metadata = json!({
                    "_source": "knowledge", "dataset_id": self.dataset, "dataset_name": self.dataset_name,
                    "document_id": document.id, "document_name": document.name,
                    "data_source_type": document.data_source_type, "segment_id": segment.id,
                    "retriever_from": "workflow", "score": self.score.unwrap_or_default(),
                    "child_chunks": children.collect::<Vec<_>>(), "segment_hit_count": segment.hit_count,
                    "segment_word_count": segment.word_count, "segment_position": segment.position,
                    "segment_index_node_hash": segment.index_node_hash, "doc_metadata": document.doc_metadata,
                });
                let mut item =
                    json!({"title": document.name, "content": self.rendered(" \n"), "files": [], "metadata": metadata});
                if let (Some(summary), Some(fields)) = (self.summary(), item.as_object_mut()) {
                    fields.insert("summary".to_owned(), json!(summary));
                }
                item
            }
            Source::External(record) => {
                let metadata = json!({
                    "_source": "knowledge", "dataset_id": self.dataset, "dataset_name": self.dataset_name,
                    "document_id": record.noted("document_id").or_else(|| record.title()),
                    "document_name": record.title(), "data_source_type": "external", "retriever_from": "workflow",
                    "score": self.score, "doc_metadata": record.metadata,
                });
                json!({"title": record.title(), "content": record.content, "metadata": metadata})
            }
        }
    }
}

/// Origins in the words of citations.
const fn retriever_from(from: InvokeFrom) -> &'static str {
    match from {
        InvokeFrom::WebApp => "web_app",
        InvokeFrom::Explore => "explore_app",
        InvokeFrom::ServiceApi => "api",
        InvokeFrom::Trigger => "trigger",
        InvokeFrom::Debugger | InvokeFrom::Unknown => "dev",
    }
}
