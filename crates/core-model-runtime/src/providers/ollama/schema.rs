//! Describing a model from what was entered for it.

use serde_json::{Number, json};

use crate::credentials::Credentials;
use crate::model_type::ModelType;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ModelProperties, ParameterRule, ParameterType, Template};

const DEFAULT_CONTEXT: u32 = 4096;
const DEFAULT_MAX_TOKENS: u32 = 4096;
/// Texts per request: a local server computes them one after the other anyway.
const MAX_CHUNKS: u32 = 16;

pub(super) fn from_credentials(ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
    let context = json!(credentials.number("context_size").unwrap_or(DEFAULT_CONTEXT));
    let (features, model_properties, parameter_rules): (_, ModelProperties, _) = match ty {
        ModelType::Llm => (
            features(credentials),
            [("mode", json!(credentials.get("mode").unwrap_or("chat"))), ("context_size", context)].into(),
            rules(credentials.number("max_tokens").unwrap_or(DEFAULT_MAX_TOKENS)),
        ),
        ModelType::TextEmbedding => {
            (Vec::new(), [("context_size", context), ("max_chunks", json!(MAX_CHUNKS))].into(), Vec::new())
        }
        ModelType::Rerank => (Vec::new(), [("context_size", context)].into(), Vec::new()),
        ModelType::Speech2text | ModelType::Moderation | ModelType::Tts => return None,
    };
    Some(AiModel {
        model: model.to_owned(),
        label: I18n::new(model),
        model_type: ty,
        features,
        fetch_from: FetchFrom::CustomizableModel,
        model_properties,
        deprecated: false,
        parameter_rules,
        pricing: None,
    })
}

fn features(credentials: &Credentials) -> Vec<Feature> {
    let is = |variable: &str| credentials.get(variable) == Some("true");
    let mut features = Vec::new();
    if is("vision_support") {
        features.push(Feature::Vision);
    }
    if is("function_call_support") {
        features.extend([Feature::ToolCall, Feature::MultiToolCall, Feature::StreamToolCall]);
    }
    features
}

/// The server's own names for its options.
fn rules(most: u32) -> Vec<ParameterRule> {
    let template = ParameterRule::from_template;
    let plain = |name: &str, label: &str, kind: ParameterType| ParameterRule {
        label: Some(I18n::new(label)),
        ..ParameterRule::plain(name, kind)
    };
    let ranged = |mut rule: ParameterRule, min: Option<Number>, max: Option<Number>| {
        (rule.min, rule.max) = (min, max);
        rule
    };
    let float = |number: f64| Number::from_f64(number);
    let whole = |number: u32| Some(Number::from(number));
    let int = |name: &str, label: &str| plain(name, label, ParameterType::Int);
    let decimal = |name: &str, label: &str| plain(name, label, ParameterType::Float);
    vec![
        template("temperature", Template::Temperature).with_range(json!(0.1), 0, 1),
        template("top_p", Template::TopP).with_range(json!(0.9), 0, 1),
        ranged(int("top_k", "Top K"), whole(1), whole(100)),
        ranged(decimal("repeat_penalty", "Repeat Penalty"), float(-2.0), float(2.0)),
        template("num_predict", Template::MaxTokens).with_range(json!(most.min(128)), -2, most),
        ranged(int("mirostat", "Mirostat sampling"), whole(0), whole(2)),
        ranged(decimal("mirostat_eta", "Mirostat Eta"), float(0.0), float(1.0)),
        ranged(decimal("mirostat_tau", "Mirostat Tau"), float(0.0), float(10.0)),
        ranged(int("num_ctx", "Size of context window"), whole(1), None),
        ranged(int("num_gpu", "GPU Layers"), Some(Number::from(-1)), whole(999)),
        ranged(int("num_thread", "Num Thread"), whole(1), None),
        ranged(int("repeat_last_n", "Repeat last N"), Some(Number::from(-1)), None),
        ranged(decimal("tfs_z", "TFS Z"), float(0.0), float(2.0)),
        int("seed", "Seed"),
        plain("keep_alive", "Keep Alive", ParameterType::String),
        plain("think", "Thinking", ParameterType::Boolean),
        plain("format", "Format", ParameterType::String).with_options(&["json"]),
        template("json_schema", Template::JsonSchema),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn model(entered: Value) -> AiModel {
        let Value::Object(entered) = entered else { panic!() };
        from_credentials(ModelType::Llm, "m", &Credentials::from_json_map(entered)).unwrap().completed()
    }

    #[test]
    fn features_and_limits_come_from_the_form() {
        assert_eq!(model(json!({})).features, [Feature::StructuredOutput]);
        let rich = model(json!({"vision_support": "true", "function_call_support": "true", "max_tokens": "64"}));
        assert!(rich.has(Feature::Vision) && rich.has(Feature::MultiToolCall));
        assert_eq!(rich.rule("num_predict").unwrap().max, Some(64.into()));
        assert_eq!(rich.rule("num_ctx").unwrap().use_template, None);
    }

    #[test]
    fn the_usual_name_of_the_limit_is_understood() {
        let Value::Object(given) = json!({"max_tokens": 7, "temperature": 0.2}) else { panic!() };
        let filtered = crate::parameters::filter(&model(json!({})), &given).unwrap();
        assert_eq!(Value::Object(filtered), json!({"temperature": 0.2, "num_predict": 7}));
    }
}
