//! Retrieval models as people send them.

use serde_json::{Map, Value};

use super::model::{RerankingMode, RetrievalModel, SearchMethod, Weights};

/// More than anyone can read, and what a store gives in reasonable time.
const MOST: u64 = 1000;

/// What is wrong with a retrieval model that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retrieval_model: {0}")]
pub struct InvalidRetrievalModel(String);

fn wrong(told: impl Into<String>) -> InvalidRetrievalModel {
    InvalidRetrievalModel(told.into())
}

type Checked<T> = Result<T, InvalidRetrievalModel>;

fn required<'v>(fields: &'v Map<String, Value>, name: &str) -> Checked<&'v Value> {
    fields.get(name).filter(|value| !value.is_null()).ok_or_else(|| wrong(format!("{name} is required")))
}

fn flag(fields: &Map<String, Value>, name: &str) -> Checked<bool> {
    required(fields, name)?.as_bool().ok_or_else(|| wrong(format!("{name} must be true or false")))
}

/// Checks a known word, or says which ones there are.
fn word<T: serde::de::DeserializeOwned>(value: &Value, name: &str, known: &str) -> Checked<T> {
    let unknown = |_| wrong(format!("{name} must be one of {known}, not {value}"));
    serde_json::from_value(value.clone()).map_err(unknown)
}

fn share(value: Option<&Value>, name: &str) -> Checked<f64> {
    let number = value.and_then(Value::as_f64).filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| wrong(format!("{name} must be a number between 0 and 1")))
}

impl RetrievalModel {
    /// Checks what a client sent: the required fields are `search_method`, `reranking_enable`, `top_k` and
    /// `score_threshold_enabled`.
    pub fn from_request(sent: &Value) -> Checked<Self> {
        let fields = sent.as_object().ok_or_else(|| wrong("an object is expected"))?;
        let methods = "semantic_search, full_text_search, hybrid_search, keyword_search";
        let search_method: SearchMethod = word(required(fields, "search_method")?, "search_method", methods)?;
        let reranking_enable = flag(fields, "reranking_enable")?;
        let score_threshold_enabled = flag(fields, "score_threshold_enabled")?;
        let top_k = required(fields, "top_k")?.as_u64().filter(|k| (1..=MOST).contains(k));
        let top_k = top_k.and_then(|k| u32::try_from(k).ok());
        let top_k = top_k.ok_or_else(|| wrong(format!("top_k must be a whole number from 1 to {MOST}")))?;
        let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
        // The frontend sends an empty mode when none is chosen.
        let reranking_mode: Option<RerankingMode> = match given("reranking_mode") {
            None => None,
            Some(Value::String(empty)) if empty.is_empty() => None,
            Some(mode) => Some(word(mode, "reranking_mode", "reranking_model, weighted_score")?),
        };
        let reranking_model = match given("reranking_model") {
            None => None,
            Some(model) => {
                let told = |_| wrong("reranking_model must have reranking_provider_name and reranking_model_name");
                Some(serde_json::from_value(model.clone()).map_err(told)?)
            }
        };
        let weights = given("weights").map(weights).transpose()?;
        if reranking_enable && reranking_mode == Some(RerankingMode::WeightedScore) && weights.is_none() {
            return Err(wrong("weights are required for the reranking_mode weighted_score"));
        }
        let score_threshold =
            given("score_threshold").map(|value| share(Some(value), "score_threshold")).transpose()?;
        Ok(Self {
            search_method,
            reranking_enable,
            reranking_mode,
            reranking_model,
            weights,
            top_k,
            score_threshold_enabled,
            score_threshold,
            metadata_filtering_conditions: given("metadata_filtering_conditions").cloned(),
        })
    }
}

fn weights(sent: &Value) -> Checked<Weights> {
    share(sent.pointer("/vector_setting/vector_weight"), "weights.vector_setting.vector_weight")?;
    share(sent.pointer("/keyword_setting/keyword_weight"), "weights.keyword_setting.keyword_weight")?;
    serde_json::from_value(sent.clone()).map_err(|e| wrong(format!("weights: {e}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Value {
        json!({
            "search_method": "hybrid_search", "reranking_enable": true, "reranking_mode": "weighted_score",
            "reranking_model": {"reranking_provider_name": "", "reranking_model_name": ""},
            "weights": {"weight_type": "customized",
                "vector_setting": {"vector_weight": 0.7, "embedding_provider_name": "p", "embedding_model_name": "m"},
                "keyword_setting": {"keyword_weight": 0.3}},
            "top_k": 3, "score_threshold_enabled": false, "score_threshold": null
        })
    }

    fn with(pointer: &str, value: Value) -> String {
        let mut sent = whole();
        *sent.pointer_mut(pointer).unwrap() = value;
        RetrievalModel::from_request(&sent).unwrap_err().to_string()
    }

    #[test]
    fn what_is_complete_is_taken() {
        let model = RetrievalModel::from_request(&whole()).unwrap();
        assert_eq!((model.search_method, model.top_k), (SearchMethod::HybridSearch, 3));
        assert_eq!(model.reranking(), Some(RerankingMode::WeightedScore));
        let stored = serde_json::to_value(&model).unwrap();
        assert_eq!(RetrievalModel::from_stored(Some(&stored)), model);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (pointer, value, told) in [
            ("/search_method", json!("telepathy"), "semantic_search"),
            ("/search_method", json!(null), "search_method is required"),
            ("/reranking_enable", json!("yes"), "reranking_enable"),
            ("/reranking_mode", json!("best"), "weighted_score"),
            ("/top_k", json!(0), "top_k"),
            ("/top_k", json!(2.5), "top_k"),
            ("/weights", json!(null), "weights are required"),
            ("/weights/vector_setting/vector_weight", json!(2), "vector_weight"),
            ("/score_threshold", json!(-1), "score_threshold"),
        ] {
            let error = with(pointer, value);
            assert!(error.contains(told), "{error}");
        }
        assert!(RetrievalModel::from_request(&json!("x")).is_err());
    }
}
