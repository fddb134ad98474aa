//! The model of an app.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::ConfigDocument;

/// Which model answers, with which parameters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ModelChoice {
    pub provider: String,
    pub name: String,
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub completion_params: Map<String, Value>,
}

impl ModelChoice {
    pub(super) fn read(document: &ConfigDocument) -> Option<Self> {
        let model = Self::deserialize(document.get("model")?).ok()?;
        (!model.provider.is_empty() && !model.name.is_empty()).then_some(model)
    }

    /// The stop words among the parameters.
    pub fn stop(&self) -> Vec<String> {
        let list = self.completion_params.get("stop").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The parameters without the stop words.
    pub fn parameters(&self) -> Map<String, Value> {
        let mut parameters = self.completion_params.clone();
        parameters.remove("stop");
        parameters
    }
}
