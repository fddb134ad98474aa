//! Models that are asked where a node's own is away: `ferrify_fallbacks`, as in the configuration of an app.

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::{ModelFields, ModelSettings};
use crate::capabilities::{ModelError, ModelTraits, Models};
use crate::node::NodeError;

/// More of them are not asked.
const MOST_SPARES: usize = 5;

/// Why a model was asked in vain.
pub(crate) enum Refusal {
    /// It is away and has said nothing: another one may be asked.
    Away(NodeError),
    Final(NodeError),
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        if error.is_away { Self::Away(error.into()) } else { Self::Final(error.into()) }
    }
}

impl From<NodeError> for Refusal {
    fn from(error: NodeError) -> Self {
        Self::Final(error)
    }
}

/// Takes what can be read: a stored workflow is not refused for what stands beside it.
pub(super) fn well_formed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ModelFields>, D::Error> {
    let Json::Array(items) = Json::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let choices = items.iter().filter_map(|item| ModelFields::deserialize(item).ok());
    let named = choices.filter(|choice| !choice.provider.0.is_empty() && !choice.name.0.is_empty());
    Ok(named.take(MOST_SPARES).collect())
}

impl ModelSettings {
    pub(crate) fn has_spares(&self) -> bool {
        !self.spares.is_empty()
    }

    /// Turns to the next model that can be asked; `None` where there is none.
    pub(crate) async fn fall_back(&mut self, models: &dyn Models) -> Option<ModelTraits> {
        while let Some(next) = self.spares.pop_front() {
            match models.traits(&next.provider, &next.name).await {
                Ok(traits) => {
                    tracing::warn!(from = %self.name, to = %next.name, "the model of a node is away: another one is asked");
                    *self = Self { spares: std::mem::take(&mut self.spares), ..next };
                    return Some(traits);
                }
                Err(error) => tracing::warn!(error = %error, model = %next.name, "this model cannot be asked either"),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(fallbacks: Json, names: &[&str]) {
        let fields = json!({"provider": "openai", "name": "first", "ferrify_fallbacks": fallbacks});
        let settings = ModelSettings::from(ModelFields::deserialize(fields).unwrap());
        let found: Vec<&str> = settings.spares.iter().map(|spare| spare.name.as_str()).collect();
        assert_eq!(found, names);
        assert!(!settings.is_spare && settings.spares.iter().all(|spare| spare.is_spare));
    }

    #[test]
    fn what_cannot_be_read_is_no_spare() {
        let named = |name: &str| json!({"provider": "openai", "name": name});
        check(Json::Null, &[]);
        check(json!("spare"), &[]);
        check(json!([1, "spare", {}, {"provider": "openai"}, named("a"), named("")]), &["a"]);
        check(json!(vec![named("a"); 9]), &["a"; 5]);
    }
}
