//! What may be saved. Checks run in the contract's order; the first fault is reported.

mod external_data;
mod moderation;

use std::sync::LazyLock;

use models::AppMode;
use regex::Regex;
use serde_json::{Map, Value, json};

use self::external_data::external_data_tools;
use self::moderation::moderation;
use super::ConfigDocument;
use super::model::MOST_FALLBACKS;

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// A chat or completion model that an app may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// The provider's canonical id.
    pub provider: String,
    pub name: String,
    /// `chat` or `completion`; `None` if unknown.
    pub mode: Option<String>,
}

/// Which models and datasets a workspace has; looked up before validation, so that checking needs no I/O.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub models: Vec<KnownModel>,
    /// Canonical ids of the providers that exist at all.
    pub providers: Vec<String>,
}

/// Longest list of stop words.
/// Models for when the first one is away; a field of Ferrify's own.
const FALLBACKS: &str = "ferrify_fallbacks";
const MAX_STOP_WORDS: usize = 4;
const MAX_TEMPLATE_MESSAGES: usize = 10;
/// As long as the table takes.
const LONGEST_VARIABLE_NAME: usize = 255;

static VARIABLE_NAME: LazyLock<Regex> = LazyLock::new(|| {
    // Letters, digits, underscore, CJK and emoji; not beginning with a digit.
    #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by a test")]
    Regex::new(r"^(?:[A-Za-z_\u{4e00}-\u{9fa5}\u{1F300}-\u{1FAFF}\u{2600}-\u{27BF}])[A-Za-z0-9_\u{4e00}-\u{9fa5}\u{1F300}-\u{1FAFF}\u{2600}-\u{27BF}]{0,99}$").unwrap()
});

/// Checks a configuration and returns it as it is to be stored: defaults filled in, ids canonical, unlisted keys gone.
pub fn validate(
    mode: AppMode,
    config: &Map<String, Value>,
    catalogue: &Catalogue,
) -> Result<ConfigDocument, ConfigError> {
    let mut out = ConfigDocument::default();
    out.set("model", model(config, catalogue)?);
    out.set("user_input_form", user_input_form(config)?);
    out.set("file_upload", file_upload(config)?);
    prompt(mode, config, &mut out)?;
    out.set("agent_mode", agent_mode(config)?);
    datasets(mode, config, &mut out)?;
    out.set("opening_statement", Value::String(text(config, "opening_statement")?.unwrap_or_default()));
    out.set("suggested_questions", suggested_questions(config)?);
    for key in
        ["suggested_questions_after_answer", "speech_to_text", "text_to_speech", "retriever_resource", "more_like_this"]
    {
        out.set(key, toggle(config, key)?);
    }
    out.set("sensitive_word_avoidance", moderation(config)?);
    out.set("external_data_tools", external_data_tools(config)?);
    Ok(out)
}

/// Checks the features of a workflow; they are stored as they are.
///
/// # Errors
/// The first fault.
pub fn validate_features(features: &Map<String, Value>) -> Result<(), ConfigError> {
    file_upload(features)?;
    text(features, "opening_statement")?;
    suggested_questions(features)?;
    for key in ["suggested_questions_after_answer", "speech_to_text", "text_to_speech", "retriever_resource"] {
        toggle(features, key)?;
    }
    moderation(features).map(drop)
}

fn fault<T>(message: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError(message.into()))
}

fn present<'a>(config: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    config.get(key).filter(|v| !v.is_null())
}

fn text(config: &Map<String, Value>, key: &str) -> Result<Option<String>, ConfigError> {
    match present(config, key) {
        None => Ok(None),
        Some(Value::String(s)) => Ok(Some(s.replace('\0', ""))),
        Some(_) => fault(format!("{key} must be of string type")),
    }
}

fn object<'a>(config: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, ConfigError> {
    match present(config, key) {
        None => Ok(None),
        Some(Value::Object(o)) => Ok(Some(o)),
        Some(_) => fault(format!("{key} must be of object type")),
    }
}

fn list<'a>(config: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], ConfigError> {
    match present(config, key) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => fault(format!("{key} must be of list type")),
    }
}

fn model(config: &Map<String, Value>, catalogue: &Catalogue) -> Result<Value, ConfigError> {
    let Some(model) = object(config, "model")? else { return fault("model is required") };
    let mut checked = one_model(model, catalogue, "model")?;
    let fallbacks = list(model, FALLBACKS)?;
    if fallbacks.len() > MOST_FALLBACKS {
        return fault(format!("model.{FALLBACKS} must have at most {MOST_FALLBACKS} items"));
    }
    let mut others = Vec::with_capacity(fallbacks.len());
    for other in fallbacks {
        let Some(other) = other.as_object() else {
            return fault(format!("model.{FALLBACKS} must be a list of models"));
        };
        others.push(one_model(other, catalogue, &format!("model.{FALLBACKS}"))?);
    }
    if let (false, Some(checked)) = (others.is_empty(), checked.as_object_mut()) {
        checked.insert(FALLBACKS.to_owned(), Value::Array(others));
    }
    Ok(checked)
}

/// A model of the workspace with its parameters; `at` names it in faults.
fn one_model(model: &Map<String, Value>, catalogue: &Catalogue, at: &str) -> Result<Value, ConfigError> {
    let provider = text(model, "provider")?.unwrap_or_default();
    let known_provider = provider.parse::<core_model_runtime::ProviderId>().ok().map(|id| id.to_string());
    let Some(canonical) = known_provider.filter(|id| catalogue.providers.contains(id)) else {
        return fault(format!("{at}.provider is required and must be in {:?}", catalogue.providers));
    };
    let Some(name) = text(model, "name")?.filter(|n| !n.is_empty()) else {
        return fault(format!("{at}.name is required"));
    };
    let Some(known) = catalogue.models.iter().find(|m| m.provider == canonical && m.name == name) else {
        return fault(format!("{at}.name must be in the specified model list"));
    };
    let Some(params) = object(model, "completion_params")? else {
        return fault(format!("{at}.completion_params is required"));
    };
    let mut params = params.clone();
    match params.get("stop") {
        None | Some(Value::Null) => {
            params.insert("stop".to_owned(), json!([]));
        }
        Some(Value::Array(words)) if words.len() > MAX_STOP_WORDS => {
            return fault("stop sequences must be less than 4");
        }
        Some(Value::Array(words)) if words.iter().all(Value::is_string) => {}
        Some(_) => return fault(format!("stop in {at}.completion_params must be of list type")),
    }
    Ok(
        json!({"provider": canonical, "name": name, "mode": known.mode.as_deref().unwrap_or("completion"), "completion_params": params}),
    )
}

fn user_input_form(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let mut seen: Vec<&str> = Vec::new();
    for item in list(config, "user_input_form")? {
        let Some((kind, inner)) = item.as_object().and_then(|o| o.iter().next()) else {
            return fault("user_input_form must be a list of objects with one key each");
        };
        if !matches!(
            kind.as_str(),
            "text-input" | "paragraph" | "select" | "number" | "checkbox" | "external_data_tool"
        ) {
            return fault(
                "Keys in user_input_form list can only be 'text-input', 'paragraph', 'select', 'number', 'checkbox' or 'external_data_tool'",
            );
        }
        let Some(inner) = inner.as_object() else {
            return fault(format!("{kind} in user_input_form must be of object type"));
        };
        if inner.get("label").and_then(Value::as_str).is_none() {
            return fault("label in user_input_form is required and must be of string type");
        }
        let Some(name) = inner.get("variable").and_then(Value::as_str) else {
            return fault("variable in user_input_form is required and must be of string type");
        };
        if !VARIABLE_NAME.is_match(name) {
            return fault("variable in user_input_form must be a string, and cannot start with a number");
        }
        if seen.contains(&name) {
            return fault(format!("variable {name} in user_input_form must be unique"));
        }
        seen.push(name);
        if inner.get("required").is_some_and(|r| !r.is_boolean() && !r.is_null()) {
            return fault("required in user_input_form must be of boolean type");
        }
        if kind == "external_data_tool" {
            external_data::in_form(inner)?;
        }
        if kind == "select" {
            let Some(options) = inner.get("options").and_then(Value::as_array) else {
                return fault("options in user_input_form must be a list of strings");
            };
            let default = inner.get("default").filter(|d| !d.is_null() && d.as_str() != Some(""));
            if default.is_some_and(|d| !options.contains(d)) {
                return fault("default value in user_input_form must be in the options list");
            }
        }
    }
    Ok(Value::Array(list(config, "user_input_form")?.to_vec()))
}

fn file_upload(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let Some(upload) = object(config, "file_upload")? else { return Ok(json!({})) };
    for (key, allowed) in [
        ("allowed_file_types", &["image", "document", "audio", "video", "custom"][..]),
        ("allowed_file_upload_methods", &["local_file", "remote_url"][..]),
    ] {
        for item in list(upload, key)? {
            if !item.as_str().is_some_and(|t| allowed.contains(&t)) {
                return fault(format!("{key} in file_upload must be in {allowed:?}"));
            }
        }
    }
    if let Some(image) = object(upload, "image")? {
        let number = image.get("number_limits").filter(|n| !n.is_null());
        if number.is_some_and(|n| !n.as_u64().is_some_and(|n| (1..=20).contains(&n))) {
            return fault("number_limits of image in file_upload must be a whole number from 1 to 20");
        }
        let detail = image.get("detail").filter(|d| !d.is_null());
        if detail.is_some_and(|d| !matches!(d.as_str(), Some("high" | "low"))) {
            return fault("detail of image in file_upload must be high or low");
        }
        for item in list(image, "transfer_methods")? {
            if !matches!(item.as_str(), Some("remote_url" | "local_file")) {
                return fault("transfer_methods of image in file_upload must be in ['remote_url', 'local_file']");
            }
        }
    }
    Ok(Value::Object(upload.clone()))
}

fn prompt(mode: AppMode, config: &Map<String, Value>, out: &mut ConfigDocument) -> Result<(), ConfigError> {
    let kind = text(config, "prompt_type")?.filter(|t| !t.is_empty()).unwrap_or_else(|| "simple".to_owned());
    if kind != "simple" && kind != "advanced" {
        return fault("prompt_type must be in ['simple', 'advanced']");
    }
    let chat = object(config, "chat_prompt_config")?.cloned().unwrap_or_default();
    let mut completion = object(config, "completion_prompt_config")?.cloned().unwrap_or_default();
    if kind == "advanced" {
        if chat.is_empty() && completion.is_empty() {
            return fault("chat_prompt_config or completion_prompt_config is required when prompt_type is advanced");
        }
        let model_mode = out.get("model").and_then(|m| m.get("mode")).and_then(Value::as_str);
        let messages = list(&chat, "prompt")?;
        if model_mode == Some("chat") && messages.len() > MAX_TEMPLATE_MESSAGES {
            return fault("number of messages must be less than 10");
        }
        if messages.iter().any(|m| {
            !m.get("text").is_some_and(Value::is_string)
                || !matches!(m.get("role").and_then(Value::as_str), Some("system" | "user" | "assistant"))
        }) {
            return fault("prompt in chat_prompt_config must be a list of {role, text}");
        }
        if model_mode == Some("completion") && mode.is_chat_family() {
            let roles = completion.entry("conversation_histories_role").or_insert_with(|| json!({}));
            let Some(roles) = roles.as_object_mut() else {
                return fault("conversation_histories_role must be of object type");
            };
            for (key, default) in [("user_prefix", "Human"), ("assistant_prefix", "Assistant")] {
                if roles.get(key).and_then(Value::as_str).is_none_or(str::is_empty) {
                    roles.insert(key.to_owned(), json!(default));
                }
            }
        }
    }
    out.set("pre_prompt", Value::String(text(config, "pre_prompt")?.unwrap_or_default()));
    out.set("prompt_type", Value::String(kind));
    out.set("chat_prompt_config", Value::Object(chat));
    out.set("completion_prompt_config", Value::Object(completion));
    Ok(())
}

fn agent_mode(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let mut agent = object(config, "agent_mode")?.cloned().unwrap_or_default();
    for (key, default) in [("enabled", json!(false)), ("strategy", json!("router")), ("tools", json!([]))] {
        let slot = agent.entry(key).or_insert(Value::Null);
        if slot.is_null() {
            *slot = default;
        }
    }
    if !agent.get("enabled").is_some_and(Value::is_boolean) {
        return fault("enabled in agent_mode must be of boolean type");
    }
    if !matches!(
        agent.get("strategy").and_then(Value::as_str),
        Some("router" | "react-router" | "react" | "function_call")
    ) {
        return fault("strategy in agent_mode must be in the specified strategy list");
    }
    if !agent.get("tools").is_some_and(Value::is_array) {
        return fault("tools in agent_mode must be a list of objects");
    }
    Ok(Value::Object(agent))
}

fn datasets(mode: AppMode, config: &Map<String, Value>, out: &mut ConfigDocument) -> Result<(), ConfigError> {
    let mut datasets = object(config, "dataset_configs")?.cloned().unwrap_or_default();
    datasets.entry("retrieval_model").or_insert_with(|| json!("multiple"));
    if !matches!(datasets.get("retrieval_model").and_then(Value::as_str), Some("single" | "multiple")) {
        return fault("retrieval_model in dataset_configs must be single or multiple");
    }
    let variable = text(config, "dataset_query_variable")?.filter(|v| !v.is_empty());
    if variable.as_ref().is_some_and(|name| name.chars().count() > LONGEST_VARIABLE_NAME) {
        return fault("dataset_query_variable is too long");
    }
    let attached = datasets
        .get("datasets")
        .and_then(|d| d.get("datasets"))
        .and_then(Value::as_array)
        .is_some_and(|d| !d.is_empty());
    if mode == AppMode::Completion && attached && variable.is_none() {
        return fault("Dataset query variable is required when dataset is exist");
    }
    out.set("dataset_configs", Value::Object(datasets));
    out.set("dataset_query_variable", variable.map_or(Value::Null, Value::String));
    Ok(())
}

fn suggested_questions(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let questions = list(config, "suggested_questions")?;
    if !questions.iter().all(Value::is_string) {
        return fault("Elements in suggested_questions list must be of string type");
    }
    Ok(Value::Array(questions.to_vec()))
}

fn toggle(config: &Map<String, Value>, key: &str) -> Result<Value, ConfigError> {
    let mut feature = object(config, key)?.cloned().unwrap_or_default();
    let enabled = feature.entry("enabled").or_insert(Value::Null);
    if enabled.is_null() {
        *enabled = json!(false);
    }
    if !enabled.is_boolean() {
        return fault(format!("enabled in {key} must be of boolean type"));
    }
    Ok(Value::Object(feature))
}

#[cfg(test)]
mod tests;
