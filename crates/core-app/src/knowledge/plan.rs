//! What an app or a node says about searching: which datasets, how many at once, and how results are merged.

use core_rag::retrieve::{RerankingMode, RerankingModel, Weights};
use models::DatasetId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::conditions::Conditions;
use crate::app_config::{AppConfig, ModelChoice};

/// Results of an app that does not say how many.
const TOP_K: u64 = 4;
/// More than anyone reads.
const MOST: u64 = 1000;

/// A search in several datasets.
#[derive(Debug, Clone)]
pub struct SearchPlan {
    /// Each once.
    pub datasets: Vec<DatasetId>,
    pub how: How,
    pub filtering: Filtering,
}

#[derive(Debug, Clone)]
pub enum How {
    /// A model picks the one dataset that is searched.
    Single(Option<ModelChoice>),
    /// All are searched.
    Multiple(Merging),
}

/// How the results of several datasets become one list.
#[derive(Debug, Clone)]
pub struct Merging {
    pub top_k: usize,
    /// Zero where it is switched off.
    pub threshold: f64,
    /// `None`: by the scores that they have.
    pub rerank: Option<RerankingMode>,
    pub model: Option<RerankingModel>,
    pub weights: Option<Weights>,
}

/// Which documents are searched.
#[derive(Debug, Clone)]
pub enum Filtering {
    Off,
    Manual(Conditions),
    /// A model reads conditions from the question.
    Automatic {
        model: Option<ModelChoice>,
        /// Whether one condition is enough.
        any: bool,
    },
}

impl SearchPlan {
    /// What a chat or completion app is configured to do; `None` where no dataset is attached.
    pub fn of_app(config: &AppConfig) -> Option<Self> {
        let empty = Map::new();
        let configs = config.document.get("dataset_configs").and_then(Value::as_object).unwrap_or(&empty);
        let attached = configs.get("datasets").and_then(|datasets| datasets.get("datasets")).and_then(Value::as_array);
        // Rows of old releases attach datasets as tools of an agent.
        let agent = config.document.get("agent_mode").filter(|agent| agent.get("enabled") == Some(&Value::Bool(true)));
        let tools = agent.and_then(|agent| agent.get("tools")).and_then(Value::as_array);
        let entries = attached.into_iter().flatten().chain(tools.into_iter().flatten());
        let datasets = distinct(entries.filter_map(attached_id));
        if datasets.is_empty() {
            return None;
        }
        let how = if configs.get("retrieval_model").and_then(Value::as_str) == Some("single") {
            How::Single(config.model.clone())
        } else {
            let threshold_on = configs.get("score_threshold_enabled").and_then(Value::as_bool).unwrap_or(false);
            How::Multiple(Merging::read(configs, threshold_on))
        };
        Some(Self { datasets, how, filtering: Filtering::read(configs) })
    }

    /// What the fields of a knowledge retrieval node say.
    pub fn of_node(fields: &Map<String, Value>) -> Self {
        let ids = fields.get("dataset_ids").and_then(Value::as_array).into_iter().flatten();
        let datasets = distinct(ids.filter_map(|id| id.as_str()?.parse().ok()));
        let how = if fields.get("retrieval_mode").and_then(Value::as_str) == Some("single") {
            let model = fields.get("single_retrieval_config").and_then(|config| config.get("model"));
            How::Single(model.and_then(|model| ModelChoice::deserialize(model).ok()))
        } else {
            let empty = Map::new();
            let config = fields.get("multiple_retrieval_config").and_then(Value::as_object).unwrap_or(&empty);
            // The node has a threshold where it wants one, and no switch.
            How::Multiple(Merging::read(config, true))
        };
        Self { datasets, how, filtering: Filtering::read(fields) }
    }
}

impl Merging {
    fn read(config: &Map<String, Value>, threshold_on: bool) -> Self {
        let top_k = config.get("top_k").and_then(Value::as_u64).unwrap_or(TOP_K).clamp(1, MOST);
        let threshold = config.get("score_threshold").and_then(Value::as_f64).filter(|_| threshold_on);
        let switch = ["reranking_enable", "reranking_enabled"].iter().find_map(|name| config.get(*name)?.as_bool());
        let mode = config.get("reranking_mode").and_then(|mode| RerankingMode::deserialize(mode).ok());
        Self {
            top_k: usize::try_from(top_k).unwrap_or(usize::MAX),
            threshold: threshold.unwrap_or(0.0),
            rerank: switch.unwrap_or(true).then(|| mode.unwrap_or(RerankingMode::RerankingModel)),
            model: config.get("reranking_model").and_then(reranking_model),
            weights: config.get("weights").and_then(|weights| Weights::deserialize(weights).ok()),
        }
    }
}

impl Filtering {
    fn read(fields: &Map<String, Value>) -> Self {
        let conditions = fields.get("metadata_filtering_conditions").filter(|value| !value.is_null());
        match fields.get("metadata_filtering_mode").and_then(Value::as_str) {
            Some("manual") => conditions.map_or(Self::Off, |value| Self::Manual(Conditions::read(value))),
            Some("automatic") => Self::Automatic {
                model: fields.get("metadata_model_config").and_then(|model| ModelChoice::deserialize(model).ok()),
                any: conditions
                    .and_then(|value| value.get("logical_operator")?.as_str())
                    .is_none_or(|word| word != "and"),
            },
            _ => Self::Off,
        }
    }
}

fn attached_id(entry: &Value) -> Option<DatasetId> {
    let dataset = entry.get("dataset")?;
    if dataset.get("enabled") != Some(&Value::Bool(true)) {
        return None;
    }
    dataset.get("id")?.as_str()?.parse().ok()
}

/// Apps and nodes name the two parts differently.
fn reranking_model(value: &Value) -> Option<RerankingModel> {
    let text =
        |names: [&str; 2]| names.iter().find_map(|name| value.get(*name)?.as_str()).unwrap_or_default().to_owned();
    let model = RerankingModel {
        reranking_provider_name: text(["reranking_provider_name", "provider"]),
        reranking_model_name: text(["reranking_model_name", "model"]),
    };
    (!model.reranking_provider_name.is_empty() && !model.reranking_model_name.is_empty()).then_some(model)
}

fn distinct(ids: impl Iterator<Item = DatasetId>) -> Vec<DatasetId> {
    let mut seen = Vec::new();
    for id in ids {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use models::AppMode;
    use serde_json::json;

    use super::*;
    use crate::app_config::ConfigDocument;

    fn of_app(configs: Value) -> Option<SearchPlan> {
        let mut document = ConfigDocument::default();
        document.set("dataset_configs", configs);
        SearchPlan::of_app(&AppConfig::read(AppMode::Chat, document))
    }

    #[test]
    fn apps_say_what_they_attach() {
        let (one, other) = (DatasetId::random(), DatasetId::random());
        let entry = |id: DatasetId, enabled: bool| json!({"dataset": {"id": id, "enabled": enabled}});
        let plan = of_app(json!({
            "retrieval_model": "multiple", "top_k": 7, "score_threshold": 0.4, "score_threshold_enabled": false,
            "reranking_enable": true, "reranking_mode": "weighted_score",
            "datasets": {"datasets": [entry(one, true), entry(other, false), entry(one, true), {"other": 1}]}
        }))
        .unwrap();
        assert_eq!(plan.datasets, [one]);
        let How::Multiple(merging) = plan.how else { panic!("not multiple") };
        assert_eq!((merging.top_k, merging.rerank), (7, Some(RerankingMode::WeightedScore)));
        assert!(merging.threshold.abs() < f64::EPSILON && merging.model.is_none());
        assert!(of_app(json!({"datasets": {"datasets": [entry(other, false)]}})).is_none());
        assert!(of_app(json!({"retrieval_model": "single"})).is_none());
    }

    #[test]
    fn nodes_say_it_in_their_words() {
        let id = DatasetId::random();
        let node = json!({
            "dataset_ids": [id, "no id"], "retrieval_mode": "multiple", "metadata_filtering_mode": "automatic",
            "multiple_retrieval_config": {"top_k": 3, "score_threshold": 0.5, "reranking_model": {"provider": "p", "model": "m"}}
        });
        let plan = SearchPlan::of_node(node.as_object().unwrap());
        assert_eq!(plan.datasets, [id]);
        let How::Multiple(merging) = plan.how else { panic!("not multiple") };
        assert!((merging.threshold - 0.5).abs() < f64::EPSILON);
        assert_eq!(merging.model.unwrap().reranking_model_name, "m");
        assert!(matches!(plan.filtering, Filtering::Automatic { model: None, any: true }));
    }
}
