//! Describing a model from what was entered for it.

use bigdecimal::BigDecimal;
use serde_json::{Value, json};

use crate::credentials::Credentials;
use crate::model_type::ModelType;
use crate::schema::{AiModel, Feature, FetchFrom, I18n, ModelProperties, ParameterRule, PriceConfig, Template};

/// Characters.
const LONGEST_PRICE: usize = 24;
const DEFAULT_CONTEXT: u32 = 4096;
const DEFAULT_MAX_TOKENS: u32 = 4096;

pub(super) fn from_credentials(ty: ModelType, model: &str, credentials: &Credentials) -> Option<AiModel> {
    let (features, model_properties, parameter_rules): (_, ModelProperties, _) = match ty {
        ModelType::Llm => {
            let mode = credentials.get("mode").unwrap_or("chat");
            (
                features(credentials),
                [("mode", json!(mode)), ("context_size", context(credentials))].into(),
                rules(credentials),
            )
        }
        ModelType::TextEmbedding => {
            let chunks = credentials.number("max_chunks").unwrap_or(1);
            (Vec::new(), [("context_size", context(credentials)), ("max_chunks", json!(chunks))].into(), Vec::new())
        }
        ModelType::Rerank => (Vec::new(), [("context_size", context(credentials))].into(), Vec::new()),
        ModelType::Speech2text => (
            Vec::new(),
            [
                ("file_upload_limit", json!(25)),
                ("supported_file_extensions", json!("flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm")),
            ]
            .into(),
            Vec::new(),
        ),
        ModelType::Tts => (Vec::new(), voices(credentials), Vec::new()),
        ModelType::Moderation => return None,
    };
    Some(AiModel {
        model: model.to_owned(),
        label: I18n::new(credentials.get("display_name").unwrap_or(model)),
        model_type: ty,
        features,
        fetch_from: FetchFrom::CustomizableModel,
        model_properties,
        deprecated: false,
        parameter_rules,
        pricing: pricing(credentials),
    })
}

fn context(credentials: &Credentials) -> Value {
    json!(credentials.number("context_size").unwrap_or(DEFAULT_CONTEXT))
}

fn features(credentials: &Credentials) -> Vec<Feature> {
    let is = |variable: &str, value: &str| credentials.get(variable) == Some(value);
    [
        (Feature::ToolCall, is("function_calling_type", "function_call")),
        (Feature::MultiToolCall, is("function_calling_type", "tool_call")),
        (Feature::StreamToolCall, is("stream_function_calling", "supported")),
        (Feature::Vision, is("vision_support", "support")),
        (Feature::AgentThought, is("agent_thought_support", "supported")),
        (Feature::StructuredOutput, is("structured_output_support", "supported")),
    ]
    .into_iter()
    .filter_map(|(feature, present)| present.then_some(feature))
    .collect()
}

fn rules(credentials: &Credentials) -> Vec<ParameterRule> {
    let template = ParameterRule::from_template;
    let most = credentials.number("max_tokens_to_sample").unwrap_or(DEFAULT_MAX_TOKENS);
    let mut rules = vec![
        template("temperature", Template::Temperature).with_range(json!(0.7), 0, 2),
        template("top_p", Template::TopP).with_range(json!(1), 0, 1),
        template("frequency_penalty", Template::FrequencyPenalty).with_range(json!(0), -2, 2),
        template("presence_penalty", Template::PresencePenalty).with_range(json!(0), -2, 2),
        template("max_tokens", Template::MaxTokens).with_range(json!(512.min(most)), 1, most),
    ];
    if credentials.get("structured_output_support") == Some("supported") {
        rules.push(template("response_format", Template::ResponseFormat).with_options(&[
            "text",
            "json_object",
            "json_schema",
        ]));
        rules.push(template("json_schema", Template::JsonSchema));
    } else {
        rules.push(template("response_format", Template::ResponseFormat));
    }
    rules
}

fn voices(credentials: &Credentials) -> ModelProperties {
    let names: Vec<&str> = credentials
        .get("voices")
        .unwrap_or("alloy")
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let voices: Vec<Value> =
        names.iter().map(|name| json!({"mode": name, "name": name, "language": ["en-US", "zh-Hans"]})).collect();
    let default = names.first().copied().unwrap_or("alloy");
    [
        ("default_voice", json!(default)),
        ("voices", json!(voices)),
        ("word_limit", json!(3500)),
        ("audio_type", json!("mp3")),
        ("max_workers", json!(5)),
    ]
    .into()
}

fn pricing(credentials: &Credentials) -> Option<PriceConfig> {
    let decimal = |variable: &str| credentials.get(variable).and_then(price);
    Some(PriceConfig {
        input: decimal("input_price")?,
        output: decimal("output_price"),
        unit: decimal("unit").unwrap_or_else(|| BigDecimal::new(1.into(), 3)),
        currency: credentials.get("currency").unwrap_or("USD").to_owned(),
    })
}

/// A price that is written out; with an exponent, a few characters would be millions of digits.
fn price(text: &str) -> Option<BigDecimal> {
    let text = text.trim();
    let plain = text.len() <= LONGEST_PRICE && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(entered: Value) -> AiModel {
        let Value::Object(entered) = entered else { panic!() };
        from_credentials(ModelType::Llm, "m", &Credentials::from_json_map(entered)).unwrap()
    }

    #[test]
    fn features_come_from_the_form() {
        let plain = model(json!({"endpoint_url": "http://x"}));
        assert!(plain.features.is_empty());
        assert_eq!(plain.model_properties.context_size(), Some(4096));
        let rich = model(json!({
            "function_calling_type": "tool_call", "stream_function_calling": "supported", "vision_support": "support",
            "structured_output_support": "supported", "context_size": "32000", "max_tokens_to_sample": "100",
            "input_price": "1.5", "unit": "0.000001", "display_name": "Rich",
        }));
        let expected = [Feature::MultiToolCall, Feature::StreamToolCall, Feature::Vision, Feature::StructuredOutput];
        assert_eq!(rich.features, expected);
        assert_eq!(rich.rule("max_tokens").unwrap().max, Some(100.into()));
        assert_eq!(rich.label.en_us, "Rich");
        assert!(rich.pricing.unwrap().output.is_none());
    }
}
