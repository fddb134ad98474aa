//! Knowledge behind somebody else's API: one search call, `POST {endpoint}/retrieval`.

use std::collections::HashMap;
use std::time::Duration;

use egress::{EgressError, StatusCode, next_chunk};
use models::dataset::Dataset;
use models::dataset_facts::{ExternalOf, externals};
use models::db::{DbError, Pool};
use models::{DatasetId, TenantId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A reply of a few hundred long passages.
const MOST_BYTES: usize = 8 << 20;
/// Of an error's text that is told on.
const MOST_TOLD: usize = 2_000;
const TOP_K: u64 = 2;
const MOST_RECORDS: usize = 1_000;

/// A passage as the API gave it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ExternalRecord {
    #[serde(default, deserialize_with = "or_empty")]
    pub content: String,
    #[serde(default)]
    pub score: Option<f64>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
}

impl ExternalRecord {
    /// Its own, else what its metadata says.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref().or_else(|| self.noted("title"))
    }

    pub fn noted(&self, name: &str) -> Option<&str> {
        self.metadata.as_ref()?.get(name)?.as_str()
    }
}

fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// Why an external API gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    #[error("The external knowledge API of this dataset is not found.")]
    NoApi,
    /// The text is the answer's own.
    #[error("{text}")]
    Refused { status: u16, text: String },
    #[error("The external knowledge API gave an answer that cannot be read: {0}")]
    Unreadable(String),
    #[error("The external knowledge API cannot be asked: {0}")]
    Egress(#[from] EgressError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Asks external APIs. Cheap to clone.
#[derive(Clone)]
pub struct ExternalKnowledge {
    pool: Pool,
    http: egress::Client,
    /// An API that takes longer has failed.
    patience: Duration,
}

#[derive(Deserialize)]
struct Settings {
    endpoint: String,
    #[serde(default)]
    api_key: String,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    records: Option<Vec<ExternalRecord>>,
}

impl ExternalKnowledge {
    pub fn new(pool: Pool, http: egress::Client, patience: Duration) -> Self {
        Self { pool, http, patience }
    }

    /// What the APIs behind datasets of the workspace say, in the order of the datasets. `model`: instead of the
    /// dataset's own `{top_k, score_threshold, score_threshold_enabled}`. `condition`: as the API is told.
    ///
    /// # Errors
    /// When one of them fails: half an answer would look whole.
    pub async fn search(
        &self,
        tenant: TenantId,
        datasets: &[&Dataset],
        query: &str,
        model: Option<&Value>,
        condition: Option<&Value>,
    ) -> Result<Vec<Vec<ExternalRecord>>, ExternalError> {
        if datasets.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id).collect();
        let sides: HashMap<DatasetId, ExternalOf> = {
            let mut conn = self.pool.get().await.map_err(DbError::from)?;
            let sides = externals(&mut conn, tenant, &ids).await.map_err(DbError::from)?;
            sides.into_iter().map(|side| (side.dataset_id, side)).collect()
        };
        let asked = datasets.iter().map(|dataset| async {
            let side = sides.get(&dataset.id).ok_or(ExternalError::NoApi)?;
            self.ask(side, query, model.or(dataset.retrieval_model.as_ref()), condition).await
        });
        futures::future::try_join_all(asked).await
    }

    async fn ask(
        &self,
        side: &ExternalOf,
        query: &str,
        model: Option<&Value>,
        condition: Option<&Value>,
    ) -> Result<Vec<ExternalRecord>, ExternalError> {
        let settings = side.api_settings.as_deref().and_then(|text| serde_json::from_str::<Settings>(text).ok());
        let settings = settings.ok_or(ExternalError::NoApi)?;
        let url = format!("{}/retrieval", settings.endpoint.trim_end_matches('/'));
        let body = json!({
            "retrieval_setting": retrieval_setting(model),
            "query": query,
            "knowledge_id": side.external_knowledge_id,
            "metadata_condition": condition,
        });
        let request = self.http.post(&url)?.bearer_auth(&settings.api_key).json(&body).timeout(self.patience);
        let mut response = request.send().await?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = next_chunk(&mut response).await? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(EgressError::TooLarge { limit: u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) }.into());
            }
            bytes.extend_from_slice(&chunk);
        }
        if status != StatusCode::OK {
            let text: String = String::from_utf8_lossy(&bytes).replace('\0', "").chars().take(MOST_TOLD).collect();
            let text =
                if text.trim().is_empty() { format!("the external knowledge API answered {status}") } else { text };
            return Err(ExternalError::Refused { status: status.as_u16(), text });
        }
        let reply: Reply = serde_json::from_slice(&bytes).map_err(|e| ExternalError::Unreadable(e.to_string()))?;
        let mut records = reply.records.unwrap_or_default();
        records.truncate(MOST_RECORDS);
        Ok(records)
    }
}

fn retrieval_setting(model: Option<&Value>) -> Value {
    let given = |name: &str| model.and_then(|model| model.get(name));
    let top_k = given("top_k").and_then(Value::as_u64).unwrap_or(TOP_K);
    let is_on = given("score_threshold_enabled").and_then(Value::as_bool).unwrap_or(false);
    let threshold = given("score_threshold").and_then(Value::as_f64).filter(|_| is_on).unwrap_or(0.0);
    json!({"top_k": top_k, "score_threshold": threshold})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_count_when_they_are_on() {
        assert_eq!(retrieval_setting(None), json!({"top_k": 2, "score_threshold": 0.0}));
        let model = json!({"top_k": 5, "score_threshold": 0.5, "score_threshold_enabled": false});
        assert_eq!(retrieval_setting(Some(&model)), json!({"top_k": 5, "score_threshold": 0.0}));
        let model = json!({"top_k": 5, "score_threshold": 0.5, "score_threshold_enabled": true});
        assert_eq!(retrieval_setting(Some(&model)), json!({"top_k": 5, "score_threshold": 0.5}));
    }
}
