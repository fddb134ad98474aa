//! Models.

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decimal;
use crate::model_type::ModelType;
use crate::schema::{I18n, ParameterRule};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FetchFrom {
    PredefinedModel,
    CustomizableModel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    ToolCall,
    MultiToolCall,
    AgentThought,
    Vision,
    StreamToolCall,
    Document,
    Video,
    Audio,
    StructuredOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelMode {
    Chat,
    Completion,
}

impl ModelMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
        }
    }
}

/// Free-form facts about a model (`mode`, `context_size`, `voices`, ...), with accessors for the common ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelProperties(pub Map<String, Value>);

impl<const N: usize> From<[(&str, Value); N]> for ModelProperties {
    fn from(properties: [(&str, Value); N]) -> Self {
        Self(properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// A voice of a model that speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// What the model calls it.
    pub id: String,
    pub name: String,
    /// Tags as in `en-US`.
    pub languages: Vec<String>,
}

impl ModelProperties {
    /// The voices of a model that speaks, in its order.
    pub fn voices(&self) -> Vec<Voice> {
        let text = |voice: &Value, key: &str| voice.get(key).and_then(Value::as_str).map(str::to_owned);
        let read = |voice: &Value| {
            let id = text(voice, "mode")?;
            let languages = voice.get("language").and_then(Value::as_array).into_iter().flatten();
            let languages = languages.filter_map(Value::as_str).map(str::to_owned).collect();
            Some(Voice { name: text(voice, "name").unwrap_or_else(|| id.clone()), id, languages })
        };
        self.0.get("voices").and_then(Value::as_array).into_iter().flatten().filter_map(read).collect()
    }

    pub fn mode(&self) -> Option<ModelMode> {
        match self.0.get("mode")?.as_str()? {
            "chat" => Some(ModelMode::Chat),
            "completion" => Some(ModelMode::Completion),
            _ => None,
        }
    }

    pub fn context_size(&self) -> Option<u32> {
        self.number("context_size")
    }

    pub fn max_chunks(&self) -> Option<u32> {
        self.number("max_chunks")
    }

    pub fn number(&self, key: &str) -> Option<u32> {
        self.0.get(key)?.as_u64().and_then(|number| u32::try_from(number).ok())
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }
}

/// Unit prices; a price is `tokens x unit price x unit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceConfig {
    #[serde(with = "decimal")]
    pub input: BigDecimal,
    #[serde(default, with = "decimal::optional")]
    pub output: Option<BigDecimal>,
    #[serde(with = "decimal")]
    pub unit: BigDecimal,
    pub currency: String,
}

/// A model as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AiModel {
    pub model: String,
    pub label: I18n,
    pub model_type: ModelType,
    #[serde(default)]
    pub features: Vec<Feature>,
    #[serde(default = "predefined")]
    pub fetch_from: FetchFrom,
    #[serde(default)]
    pub model_properties: ModelProperties,
    #[serde(default)]
    pub deprecated: bool,
    #[serde(default)]
    pub parameter_rules: Vec<ParameterRule>,
    #[serde(default)]
    pub pricing: Option<PriceConfig>,
}

fn predefined() -> FetchFrom {
    FetchFrom::PredefinedModel
}

impl AiModel {
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    pub fn rule(&self, name: &str) -> Option<&ParameterRule> {
        self.parameter_rules.iter().find(|rule| rule.name == name)
    }

    /// Fills rules from their templates; a `json_schema` rule means structured output.
    pub(crate) fn completed(mut self) -> Self {
        for rule in &mut self.parameter_rules {
            rule.apply_template();
        }
        if self.rule("json_schema").is_some() && !self.has(Feature::StructuredOutput) {
            self.features.push(Feature::StructuredOutput);
        }
        self
    }
}
