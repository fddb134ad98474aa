//! Parameter rules and the templates that fill them.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use crate::schema::I18n;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    Float,
    Int,
    String,
    Boolean,
    Text,
}

/// Well-known parameters with common limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    Temperature,
    TopP,
    TopK,
    PresencePenalty,
    FrequencyPenalty,
    MaxTokens,
    ResponseFormat,
    JsonSchema,
}

/// One parameter that a model accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterRule {
    pub name: String,
    #[serde(default)]
    pub use_template: Option<Template>,
    #[serde(default)]
    pub label: Option<I18n>,
    /// Known after the template was applied; `string` when neither names one.
    #[serde(rename = "type", default)]
    pub kind: Option<ParameterType>,
    #[serde(default)]
    pub help: Option<I18n>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub default: Option<Value>,
    #[serde(default)]
    pub min: Option<Number>,
    #[serde(default)]
    pub max: Option<Number>,
    #[serde(default)]
    pub precision: Option<u32>,
    #[serde(default)]
    pub options: Vec<String>,
}

impl ParameterRule {
    /// A rule that takes everything from its template.
    pub(crate) fn from_template(name: &str, template: Template) -> Self {
        let mut rule = Self { use_template: Some(template), kind: None, ..Self::plain(name, ParameterType::String) };
        rule.apply_template();
        rule
    }

    /// A rule without limits.
    pub(crate) fn plain(name: &str, kind: ParameterType) -> Self {
        Self {
            name: name.to_owned(),
            use_template: None,
            label: None,
            kind: Some(kind),
            help: None,
            required: false,
            default: None,
            min: None,
            max: None,
            precision: None,
            options: Vec::new(),
        }
    }

    pub(crate) fn with_range(mut self, default: Value, min: impl Into<Number>, max: impl Into<Number>) -> Self {
        self.default = Some(default);
        self.min = Some(min.into());
        self.max = Some(max.into());
        self
    }

    pub(crate) fn with_options(mut self, options: &[&str]) -> Self {
        self.options = options.iter().map(|&option| option.to_owned()).collect();
        self
    }

    pub(crate) fn apply_template(&mut self) {
        if let Some(template) = self.use_template {
            let defaults = template.defaults();
            self.kind.get_or_insert(defaults.kind);
            self.label.get_or_insert_with(|| defaults.label());
            self.help.get_or_insert_with(|| I18n::new(defaults.help));
            self.default = self.default.take().or(defaults.default);
            self.min = self.min.take().or(defaults.min);
            self.max = self.max.take().or(defaults.max);
            self.precision = self.precision.or(defaults.precision);
            if self.options.is_empty() {
                self.options = defaults.options.iter().map(|&option| option.to_owned()).collect();
            }
        }
        self.kind.get_or_insert(ParameterType::String);
        self.label.get_or_insert_with(|| I18n::new(self.name.clone()));
    }
}

struct Defaults {
    en: &'static str,
    zh: &'static str,
    help: &'static str,
    kind: ParameterType,
    default: Option<Value>,
    min: Option<Number>,
    max: Option<Number>,
    precision: Option<u32>,
    options: &'static [&'static str],
}

impl Defaults {
    fn label(&self) -> I18n {
        I18n { zh_hans: self.zh.to_owned(), ..I18n::new(self.en) }
    }
}

impl Template {
    /// The parameter name that gave the template its name.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::TopK => "top_k",
            Self::PresencePenalty => "presence_penalty",
            Self::FrequencyPenalty => "frequency_penalty",
            Self::MaxTokens => "max_tokens",
            Self::ResponseFormat => "response_format",
            Self::JsonSchema => "json_schema",
        }
    }

    fn defaults(self) -> Defaults {
        let unit_range = |en, zh, help, default: f64| Defaults {
            en,
            zh,
            help,
            kind: ParameterType::Float,
            default: Some(json!(default)),
            min: Number::from_f64(0.0),
            max: Number::from_f64(1.0),
            precision: Some(2),
            options: &[],
        };
        let whole = |en, zh, help, default: u32, max: u32| Defaults {
            en,
            zh,
            help,
            kind: ParameterType::Int,
            default: Some(json!(default)),
            min: Some(Number::from(1)),
            max: Some(Number::from(max)),
            precision: Some(0),
            options: &[],
        };
        let plain = |en, zh, help, kind, options| Defaults {
            en,
            zh,
            help,
            kind,
            default: None,
            min: None,
            max: None,
            precision: None,
            options,
        };
        match self {
            Self::Temperature => unit_range("Temperature", "温度", "Higher values make the output more random.", 0.0),
            Self::TopP => {
                unit_range("Top P", "Top P", "Only the most probable tokens up to this mass are sampled.", 1.0)
            }
            Self::TopK => whole("Top K", "Top K", "Only this many of the most probable tokens are sampled.", 50, 100),
            Self::PresencePenalty => unit_range(
                "Presence Penalty",
                "存在惩罚",
                "Lowers the probability of tokens that already occurred.",
                0.0,
            ),
            Self::FrequencyPenalty => unit_range(
                "Frequency Penalty",
                "频率惩罚",
                "Lowers the probability of tokens by how often they occurred.",
                0.0,
            ),
            Self::MaxTokens => {
                whole("Max Tokens", "最大标记", "The upper limit of the length of the answer.", 64, 2048)
            }
            Self::ResponseFormat => plain(
                "Response Format",
                "回复格式",
                "The format that the model must answer in.",
                ParameterType::String,
                &["JSON", "XML"],
            ),
            Self::JsonSchema => plain(
                "JSON Schema",
                "JSON Schema",
                "The JSON schema that the answer must follow.",
                ParameterType::Text,
                &[],
            ),
        }
    }
}
