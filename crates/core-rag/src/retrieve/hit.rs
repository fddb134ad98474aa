//! What a search of a dataset gives.

use uuid::Uuid;

use crate::store::{EntryMetadata, Found};

/// By what a hit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HitKind {
    Vector,
    FullText,
    Keyword,
}

/// An index node that fits the question.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub dataset: Uuid,
    /// The `index_node_id` of a segment or child chunk; of a summary, the summary's own.
    pub node_id: Uuid,
    pub document_id: Option<Uuid>,
    /// None for keywords: these are in order, but their counts are no scores.
    pub score: Option<f64>,
    pub kind: HitKind,
    /// As the store has it; empty for keywords.
    pub text: String,
    pub metadata: EntryMetadata,
}

impl Hit {
    /// What a store has found.
    pub fn of(found: Found, kind: HitKind) -> Self {
        let document_id = found.metadata.document_id;
        let (text, metadata) = (found.text, found.metadata);
        Self { dataset: found.dataset, node_id: found.id, document_id, score: Some(found.score), kind, text, metadata }
    }

    /// Whether it is a picture, which has no text to rank.
    pub fn is_image(&self) -> bool {
        self.metadata.doc_type.as_deref() == Some("image")
    }
}
