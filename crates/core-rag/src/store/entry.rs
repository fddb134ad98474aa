//! What a collection consists of.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A text with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The index node id of a segment or child chunk, or an annotation's id.
    pub id: Uuid,
    pub text: String,
    pub vector: Vec<f32>,
    /// The text's terms in their order, repetitions included, as the analyser for full text makes them.
    pub terms: Vec<String>,
    pub metadata: EntryMetadata,
}

/// Whose text it is. The names are Dify's; ids that are no UUIDs are read as none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryMetadata {
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub doc_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub dataset_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub document_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_hash: Option<String>,
    /// `text` or `image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_type: Option<String>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub annotation_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Uuid>,
    /// The text is a summary of the segment that `original_chunk_id` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_summary: Option<bool>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub original_chunk_id: Option<Uuid>,
    /// What other programs wrote beside these.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.as_ref().and_then(Value::as_str).and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_unknown_survives() {
        let stored = json!({"doc_id": Uuid::nil(), "doc_hash": "h", "document_id": "no id", "colour": "red"});
        let read: EntryMetadata = serde_json::from_value(stored).unwrap();
        assert_eq!((read.doc_id, read.document_id), (Some(Uuid::nil()), None));
        assert_eq!(
            serde_json::to_value(read).unwrap(),
            json!({"doc_id": Uuid::nil(), "doc_hash": "h", "colour": "red"})
        );
    }
}
