//! Which points are meant. Every filter names the dataset: collections are shared.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::MetadataKey;

pub(super) const GROUP: &str = "group_id";
pub(super) const DOCUMENT: &str = "metadata.document_id";
pub(super) const TERMS: &str = "ferrify_terms";

fn group(dataset: Uuid) -> Value {
    json!({"key": GROUP, "match": {"value": dataset}})
}

fn must(dataset: Uuid, documents: Option<&[Uuid]>) -> Vec<Value> {
    let mut must = vec![group(dataset)];
    must.extend(documents.map(|documents| json!({"key": DOCUMENT, "match": {"any": documents}})));
    must
}

pub(super) fn of(dataset: Uuid, documents: Option<&[Uuid]>) -> Value {
    json!({"must": must(dataset, documents)})
}

pub(super) fn with_terms(dataset: Uuid, documents: Option<&[Uuid]>, terms: &[&str]) -> Value {
    let any: Vec<Value> = terms.iter().map(|term| json!({"key": TERMS, "match": {"text": term}})).collect();
    json!({"must": must(dataset, documents), "should": any})
}

pub(super) fn with_ids(datasets: &[Uuid], ids: &[Uuid]) -> Value {
    json!({"must": [{"key": GROUP, "match": {"any": datasets}}, {"has_id": ids}]})
}

pub(super) fn with_metadata(dataset: Uuid, key: MetadataKey, value: &str) -> Value {
    json!({"must": [group(dataset), {"key": format!("metadata.{}", key.as_str()), "match": {"value": value}}]})
}
