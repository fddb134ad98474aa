//! Points as Qdrant knows them.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::TERMS;
use crate::store::{Collection, Entry, EntryMetadata, Found, StoreError};

#[derive(Deserialize)]
pub(super) struct Point {
    pub(super) id: Uuid,
    #[serde(default)]
    score: f64,
    #[serde(default)]
    payload: Option<Payload>,
    #[serde(default)]
    pub(super) vector: Option<Vec<f32>>,
}

#[derive(Deserialize, Default)]
struct Payload {
    #[serde(default)]
    page_content: String,
    #[serde(default)]
    metadata: Option<EntryMetadata>,
    #[serde(default, rename = "ferrify_terms")]
    terms: Option<String>,
}

/// Whether a term can stand between blanks.
pub(super) fn is_word(term: &str) -> bool {
    !term.chars().any(char::is_whitespace)
}

pub(super) fn of(collection: &Collection, entry: &Entry) -> Result<Value, StoreError> {
    let metadata = serde_json::to_value(&entry.metadata).map_err(|e| StoreError::Answer(e.to_string()))?;
    let words: Vec<&str> =
        entry.terms.iter().map(String::as_str).filter(|term| is_word(term) && !term.is_empty()).collect();
    let payload = json!({
        "page_content": entry.text, "metadata": metadata, "group_id": collection.dataset, TERMS: words.join(" ")
    });
    Ok(json!({"id": entry.id, "vector": entry.vector, "payload": payload}))
}

pub(super) fn array(value: &Value) -> Result<&[Value], StoreError> {
    let array = value.as_array().map(Vec::as_slice);
    array.ok_or_else(|| StoreError::Answer("a list was expected".to_owned()))
}

pub(super) fn many(points: &Value) -> Result<Vec<Point>, StoreError> {
    Vec::<Point>::deserialize(points).map_err(|e| StoreError::Answer(e.to_string()))
}

impl Point {
    /// The terms of the text in their order. Points of other programs have none.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        let terms = self.payload.as_ref().and_then(|payload| payload.terms.as_deref());
        terms.unwrap_or_default().split(' ')
    }

    pub(super) fn into_found(self, dataset: Uuid) -> Result<Found, StoreError> {
        let payload = self.payload.ok_or_else(|| StoreError::Answer("a point without payload".to_owned()))?;
        let metadata = payload.metadata.unwrap_or_default();
        Ok(Found { dataset, id: self.id, text: payload.page_content, metadata, score: self.score })
    }

    pub(super) fn with_score(self, score: f64) -> Self {
        Self { score, ..self }
    }

    pub(super) fn into_entry(self) -> Result<Entry, StoreError> {
        let terms = self.terms().filter(|term| !term.is_empty()).map(str::to_owned).collect();
        let payload = self.payload.unwrap_or_default();
        let metadata = payload.metadata.unwrap_or_default();
        Ok(Entry { id: self.id, text: payload.page_content, vector: self.vector.unwrap_or_default(), terms, metadata })
    }
}
