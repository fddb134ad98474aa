//! Making collections.

use serde_json::{Value, json};

use super::client::Client;
use super::filter::{DOCUMENT, GROUP, TERMS};
use crate::store::{Collection, StoreError};

/// What a collection says of the size of its vectors; `None`: there is no such collection.
pub(super) async fn dimensions(client: &Client, name: &str) -> Result<Option<usize>, StoreError> {
    let Some(described) = client.collection(name).await? else { return Ok(None) };
    dimensions_of(&described, name).map(Some)
}

pub(super) async fn ensure(client: &Client, collection: &Collection) -> Result<(), StoreError> {
    let (name, got) = (collection.name.as_str(), collection.dimensions);
    if got == 0 {
        return Err(StoreError::Unsupported(got));
    }
    let expected = match client.collection(name).await? {
        Some(described) => {
            if has_indexes(&described) {
                return check(dimensions_of(&described, name)?, got);
            }
            dimensions_of(&described, name)?
        }
        None => make(client, name, got).await?,
    };
    check(expected, got)?;
    index(client, name).await
}

fn check(expected: usize, got: usize) -> Result<(), StoreError> {
    if expected == got { Ok(()) } else { Err(StoreError::Dimensions { expected, got }) }
}

fn dimensions_of(described: &Value, name: &str) -> Result<usize, StoreError> {
    let size = described.pointer("/config/params/vectors/size").and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| StoreError::Answer(format!("the collection `{name}` has no unnamed vectors")))
}

fn has_indexes(described: &Value) -> bool {
    let schema = described.get("payload_schema").and_then(Value::as_object);
    schema.is_some_and(|schema| fields().iter().all(|(field, _)| schema.contains_key(*field)))
}

/// Makes it, or finds that another has just done so; the size it has.
async fn make(client: &Client, name: &str, size: usize) -> Result<usize, StoreError> {
    // Searches are always within a dataset, so links are made within datasets only, as in Dify's collections.
    let body = json!({
        "vectors": {"size": size, "distance": "Cosine"},
        "hnsw_config": {"m": 0, "payload_m": 16, "ef_construct": 100, "full_scan_threshold": 10_000}
    });
    match client.create(name, &body).await {
        Ok(_) => Ok(size),
        Err(error @ StoreError::Refused { status: 400 | 409, .. }) => dimensions(client, name).await?.ok_or(error),
        Err(error) => Err(error),
    }
}

/// Everything that filters ask for: a server in its strict mode refuses to filter by anything else.
fn fields() -> [(&'static str, Value); 7] {
    [
        (GROUP, json!({"type": "keyword", "is_tenant": true})),
        ("metadata.doc_id", json!("keyword")),
        (DOCUMENT, json!("keyword")),
        ("metadata.app_id", json!("keyword")),
        ("metadata.original_chunk_id", json!("keyword")),
        ("metadata.annotation_id", json!("keyword")),
        (TERMS, json!({"type": "text", "tokenizer": "whitespace", "lowercase": false, "min_token_len": 1})),
    ]
}

async fn index(client: &Client, name: &str) -> Result<(), StoreError> {
    for (field, schema) in fields() {
        let body = json!({"field_name": field, "field_schema": schema});
        if client.put(name, "index?wait=true", &body).await?.is_none() {
            return Err(StoreError::NoCollection(name.to_owned()));
        }
    }
    Ok(())
}
