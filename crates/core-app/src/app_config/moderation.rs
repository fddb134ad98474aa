//! What an app does about words that it should neither hear nor say.

mod keywords;

pub use self::keywords::Keywords;

use serde_json::Value;
use uuid::Uuid;

use super::ConfigDocument;

/// Who decides.
#[derive(Debug, Clone)]
pub enum ModerationCheck {
    Keywords(Keywords),
    /// OpenAI's moderation model.
    OpenAi,
    /// An extension of the workspace; `None` where the configuration names none.
    Api(Option<Uuid>),
    /// By its name. What an app was told to check and cannot is not let through.
    Unknown(String),
}

/// `sensitive_word_avoidance` of an app that has it switched on.
#[derive(Debug, Clone)]
pub struct Moderation {
    pub check: ModerationCheck,
    /// What is answered in place of a refused question; `None`: questions are not checked.
    pub inputs: Option<String>,
    /// What is answered in place of a refused answer; `None`: answers are not checked.
    pub outputs: Option<String>,
}

impl Moderation {
    pub(super) fn read(document: &ConfigDocument) -> Option<Self> {
        let feature = document.get("sensitive_word_avoidance")?;
        if feature.get("enabled").and_then(Value::as_bool) != Some(true) {
            return None;
        }
        let config = feature.get("config").unwrap_or(&Value::Null);
        let side = |key: &str| {
            let side = config.get(key)?;
            let preset = side.get("preset_response").and_then(Value::as_str).unwrap_or_default();
            (side.get("enabled").and_then(Value::as_bool) == Some(true)).then(|| preset.replace('\0', ""))
        };
        let kind = feature.get("type").and_then(Value::as_str).unwrap_or_default();
        let unknown = || ModerationCheck::Unknown(kind.to_owned());
        let check = match kind {
            "keywords" => {
                let listed = config.get("keywords").and_then(Value::as_str).unwrap_or_default();
                Keywords::read(listed).map_or_else(unknown, ModerationCheck::Keywords)
            }
            "openai_moderation" => ModerationCheck::OpenAi,
            "api" => {
                let id = config.get("api_based_extension_id").and_then(Value::as_str);
                ModerationCheck::Api(id.and_then(|id| id.parse().ok()))
            }
            _ => unknown(),
        };
        let (mut inputs, outputs) = (side("inputs_config"), side("outputs_config"));
        if matches!(check, ModerationCheck::Unknown(_)) {
            inputs.get_or_insert_default();
        }
        Some(Self { check, inputs, outputs })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Option<Moderation> {
        let mut document = ConfigDocument::default();
        document.set("sensitive_word_avoidance", value);
        Moderation::read(&document)
    }

    #[test]
    fn only_what_is_on_is_read() {
        assert!(read(json!({"enabled": false, "type": "", "configs": []})).is_none());
        assert!(read(json!(null)).is_none());
        let config = json!({"keywords": "a", "inputs_config": {"enabled": true, "preset_response": "no"}, "outputs_config": {"enabled": false, "preset_response": "x"}});
        let on = read(json!({"enabled": true, "type": "keywords", "config": config})).unwrap();
        assert_eq!((on.inputs.as_deref(), on.outputs), (Some("no"), None));
    }

    #[test]
    fn what_cannot_be_checked_is_not_let_through() {
        let strange = read(json!({"enabled": true, "type": "cloud_service", "config": {}})).unwrap();
        assert!(matches!(strange.check, ModerationCheck::Unknown(name) if name == "cloud_service"));
        assert!(strange.inputs.is_some());
        let nameless = read(json!({"enabled": true, "type": "api", "config": {"inputs_config": {"enabled": true}}}));
        assert!(matches!(nameless.unwrap().check, ModerationCheck::Api(None)));
    }
}
