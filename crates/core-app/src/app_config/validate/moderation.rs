//! `sensitive_word_avoidance` as it may be saved.

use serde_json::{Map, Value};

use super::{ConfigError, fault, toggle};
use crate::app_config::{ConfigDocument, Moderation, ModerationCheck};

const MOST_PRESET: usize = 100;
/// Characters, and lines, of a list of keywords.
const MOST_KEYWORDS: usize = 10_000;
const MOST_LINES: usize = 100;

pub(super) fn moderation(config: &Map<String, Value>) -> Result<Value, ConfigError> {
    let moderation = toggle(config, "sensitive_word_avoidance")?;
    if moderation.get("enabled") != Some(&Value::Bool(true)) {
        return Ok(moderation);
    }
    let kind = match moderation.get("type") {
        Some(Value::String(kind)) if !kind.is_empty() => kind.as_str(),
        _ => return fault("sensitive_word_avoidance.type is required"),
    };
    let Some(settings) = moderation.get("config").and_then(Value::as_object) else {
        return fault("sensitive_word_avoidance.config is required and must be of object type");
    };
    match kind {
        "keywords" => {
            sides(settings, true)?;
            keywords(settings)?;
        }
        "openai_moderation" => sides(settings, true)?,
        "api" => {
            sides(settings, false)?;
            extension_named(settings)?;
        }
        _ => {
            return fault("sensitive_word_avoidance.type must be in ['keywords', 'openai_moderation', 'api']");
        }
    }
    // What can be saved can be used.
    let mut document = ConfigDocument::default();
    document.set("sensitive_word_avoidance", moderation.clone());
    if Moderation::read(&document).is_none_or(|read| matches!(read.check, ModerationCheck::Unknown(_))) {
        return fault("sensitive_word_avoidance.config cannot be used");
    }
    Ok(moderation)
}

fn sides(settings: &Map<String, Value>, needs_preset: bool) -> Result<(), ConfigError> {
    let mut is_any_on = false;
    for name in ["inputs_config", "outputs_config"] {
        let Some(side) = settings.get(name).and_then(Value::as_object) else {
            return fault(format!("{name} must be a dict"));
        };
        match side.get("enabled") {
            Some(Value::Bool(true)) => {}
            None | Some(Value::Null | Value::Bool(false)) => continue,
            Some(_) => return fault(format!("{name}.enabled must be of boolean type")),
        }
        is_any_on = true;
        let preset = match side.get("preset_response") {
            None | Some(Value::Null) => "",
            Some(Value::String(preset)) => preset,
            Some(_) => return fault(format!("{name}.preset_response must be of string type")),
        };
        if needs_preset && preset.is_empty() {
            return fault(format!("{name}.preset_response is required"));
        }
        if preset.chars().count() > MOST_PRESET {
            return fault(format!("{name}.preset_response must be less than {MOST_PRESET} characters"));
        }
    }
    if !is_any_on {
        return fault("At least one of inputs_config or outputs_config must be enabled");
    }
    Ok(())
}

fn keywords(settings: &Map<String, Value>) -> Result<(), ConfigError> {
    let keywords = settings.get("keywords").and_then(Value::as_str).unwrap_or_default();
    if keywords.trim().is_empty() {
        return fault("keywords is required");
    }
    if keywords.chars().count() > MOST_KEYWORDS {
        return fault(format!("keywords length must be less than {MOST_KEYWORDS}"));
    }
    if keywords.split('\n').count() > MOST_LINES {
        return fault(format!("the number of rows for the keywords must be less than {MOST_LINES}"));
    }
    Ok(())
}

/// Whether the workspace has the extension is asked of the database.
pub(super) fn extension_named(settings: &Map<String, Value>) -> Result<(), ConfigError> {
    match settings.get("api_based_extension_id").and_then(Value::as_str) {
        None | Some("") => fault("api_based_extension_id is required"),
        Some(id) if id.parse::<uuid::Uuid>().is_err() => fault("api_based_extension_id is invalid"),
        Some(_) => Ok(()),
    }
}
