//! The model of an app.

use serde::{Deserialize, Deserializer};
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
    /// Models that are asked, one after the other, where this one's provider is away. The field is Ferrify's own.
    #[serde(default, rename = "ferrify_fallbacks", deserialize_with = "well_formed")]
    pub fallbacks: Vec<Self>,
}

/// More of them are not asked.
pub(super) const MOST_FALLBACKS: usize = 5;

/// Takes what can be read: a stored configuration is not refused for what stands beside it.
fn well_formed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ModelChoice>, D::Error> {
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let choices = items.iter().filter_map(|item| ModelChoice::deserialize(item).ok());
    Ok(choices.filter(ModelChoice::is_named).take(MOST_FALLBACKS).collect())
}

impl ModelChoice {
    pub(super) fn read(document: &ConfigDocument) -> Option<Self> {
        let model = Self::deserialize(document.get("model")?).ok()?;
        model.is_named().then_some(model)
    }

    fn is_named(&self) -> bool {
        !self.provider.is_empty() && !self.name.is_empty()
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
