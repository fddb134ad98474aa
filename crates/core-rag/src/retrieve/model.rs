//! How a dataset wants to be searched: `datasets.retrieval_model`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMethod {
    SemanticSearch,
    FullTextSearch,
    HybridSearch,
    KeywordSearch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RerankingMode {
    RerankingModel,
    WeightedScore,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RerankingModel {
    #[serde(default)]
    pub reranking_provider_name: String,
    #[serde(default)]
    pub reranking_model_name: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightType {
    SemanticFirst,
    KeywordFirst,
    #[default]
    Customized,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VectorSetting {
    pub vector_weight: f64,
    #[serde(default)]
    pub embedding_provider_name: String,
    #[serde(default)]
    pub embedding_model_name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeywordSetting {
    pub keyword_weight: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    #[serde(default, deserialize_with = "or_default")]
    pub weight_type: WeightType,
    pub vector_setting: VectorSetting,
    pub keyword_setting: KeywordSetting,
}

/// Read from stored rows with whatever they lack or have wrong replaced by its default; see
/// [`RetrievalModel::from_request`](Self::from_request) for what people send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetrievalModel {
    #[serde(default = "semantic", deserialize_with = "or_semantic")]
    pub search_method: SearchMethod,
    #[serde(default, deserialize_with = "or_default")]
    pub reranking_enable: bool,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub reranking_mode: Option<RerankingMode>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub reranking_model: Option<RerankingModel>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    #[serde(default = "few", deserialize_with = "or_few")]
    pub top_k: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub score_threshold_enabled: bool,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub score_threshold: Option<f64>,
    /// Only in hit testing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_filtering_conditions: Option<Value>,
}

const fn semantic() -> SearchMethod {
    SearchMethod::SemanticSearch
}

/// What rows without a number have.
const fn few() -> u32 {
    2
}

fn read<'de, T: serde::de::DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: serde::de::DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(read(deserializer)?.unwrap_or_default())
}

fn or_semantic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SearchMethod, D::Error> {
    Ok(read(deserializer)?.unwrap_or_else(semantic))
}

fn or_few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(read(deserializer)?.unwrap_or_else(few))
}

impl Default for RetrievalModel {
    /// What a new dataset gets.
    fn default() -> Self {
        Self { reranking_model: Some(RerankingModel::default()), top_k: 4, ..Self::unset() }
    }
}

impl RetrievalModel {
    /// What a dataset without one is shown with, and searched by.
    pub fn unset() -> Self {
        Self {
            search_method: SearchMethod::SemanticSearch,
            reranking_enable: false,
            reranking_mode: None,
            reranking_model: None,
            weights: None,
            top_k: few(),
            score_threshold_enabled: false,
            score_threshold: None,
            metadata_filtering_conditions: None,
        }
    }

    /// The column of a dataset.
    pub fn from_stored(stored: Option<&Value>) -> Self {
        stored.and_then(|stored| Self::deserialize(stored).ok()).unwrap_or_else(Self::unset)
    }

    /// The least score; zero unless it is switched on.
    pub fn threshold(&self) -> f64 {
        if self.score_threshold_enabled { self.score_threshold.unwrap_or(0.0) } else { 0.0 }
    }

    /// The rerank model, if one is named.
    pub fn named_reranking_model(&self) -> Option<&RerankingModel> {
        self.reranking_model
            .as_ref()
            .filter(|model| !model.reranking_provider_name.is_empty() && !model.reranking_model_name.is_empty())
    }

    /// How results are ranked anew: not at all when reranking is off, or without what the mode needs.
    pub fn reranking(&self) -> Option<RerankingMode> {
        if !self.reranking_enable {
            return None;
        }
        match self.reranking_mode.unwrap_or(RerankingMode::RerankingModel) {
            RerankingMode::WeightedScore => self.weights.as_ref().map(|_| RerankingMode::WeightedScore),
            RerankingMode::RerankingModel => self.named_reranking_model().map(|_| RerankingMode::RerankingModel),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_is_difys() {
        let expected = json!({
            "search_method": "semantic_search", "reranking_enable": false,
            "reranking_model": {"reranking_provider_name": "", "reranking_model_name": ""},
            "top_k": 4, "score_threshold_enabled": false
        });
        assert_eq!(serde_json::to_value(RetrievalModel::default()).unwrap(), expected);
        assert_eq!(RetrievalModel::from_stored(Some(&expected)), RetrievalModel::default());
        assert_eq!(RetrievalModel::from_stored(None).top_k, 2);
    }

    #[test]
    fn odd_rows_are_read() {
        let odd = json!({
            "search_method": "telepathy", "reranking_enable": null, "reranking_mode": "", "weights": {"vector_setting": 1},
            "top_k": "many", "score_threshold_enabled": true, "score_threshold": null, "extra": 1
        });
        let read = RetrievalModel::from_stored(Some(&odd));
        assert_eq!(read, RetrievalModel { score_threshold_enabled: true, ..RetrievalModel::unset() });
        assert_eq!(RetrievalModel::from_stored(Some(&json!([1]))), RetrievalModel::unset());
    }

    #[test]
    fn reranking_needs_what_its_mode_needs() {
        let mut model = RetrievalModel { reranking_enable: true, ..RetrievalModel::default() };
        assert_eq!(model.reranking(), None);
        let named = RerankingModel { reranking_provider_name: "p".into(), reranking_model_name: "m".into() };
        model.reranking_model = Some(named);
        assert_eq!(model.reranking(), Some(RerankingMode::RerankingModel));
        model.reranking_mode = Some(RerankingMode::WeightedScore);
        assert_eq!(model.reranking(), None);
        model.score_threshold = Some(0.5);
        assert!(model.threshold().abs() < f64::EPSILON);
    }
}
