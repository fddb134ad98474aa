//! Switches that the frontend asks for: `MARKETPLACE_ENABLED`, `PLUGIN_MAX_PACKAGE_SIZE`, `CAN_REPLACE_LOGO`,
//! `MODEL_LB_ENABLED`, `DATASET_OPERATOR_ENABLED`, `EDUCATION_ENABLED`, `ENABLE_TRIAL_APP`,
//! `ENABLE_EXPLORE_BANNER`, `HOSTED_FETCH_APP_TEMPLATES_MODE`. And who may show chats in frames: `ALLOW_EMBED`, `FERRIFY_EMBED_ORIGINS`.

use crate::reader::{Reader, SettingsError};

/// Where the apps come from that the explore page offers to every workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppTemplates {
    /// `builtin`, which ships none. And `remote`: no host is asked that nobody named here, so that it is as if the host of
    /// templates were away.
    Builtin,
    /// `db`: the table of recommended apps.
    Database,
}

impl AppTemplates {
    const NAME: &str = "HOSTED_FETCH_APP_TEMPLATES_MODE";

    fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let mode = reader.text(Self::NAME, "remote");
        match mode.as_str() {
            "remote" | "builtin" => Ok(Self::Builtin),
            "db" => Ok(Self::Database),
            _ => Err(SettingsError::Invalid {
                name: Self::NAME,
                value: mode,
                reason: "it is one of remote, db and builtin".to_owned(),
            }),
        }
    }
}

#[derive(Debug, Clone)]
pub struct FeatureSettings {
    /// Off by default: there is no plugin daemon here that could install from it.
    pub marketplace: bool,
    pub plugin_max_package_bytes: u64,
    pub can_replace_logo: bool,
    pub model_load_balancing: bool,
    pub dataset_operator: bool,
    pub education: bool,
    pub trial_app: bool,
    pub explore_banner: bool,
    pub app_templates: AppTemplates,
    /// Origins whose pages may show a chat in a frame, as the policy of a document names them; none: nobody may.
    pub embedders: Vec<String>,
    /// Longest segment, in tokens, that a user may ask for (`INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH`).
    pub max_segment_tokens: u32,
}

impl FeatureSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let embeds = reader.flag("ALLOW_EMBED", false)?;
        let mut embedders = reader.list("FERRIFY_EMBED_ORIGINS", "*");
        if let Some(wrong) = embedders.iter().find(|origin| !is_origin(origin)) {
            return Err(SettingsError::Invalid {
                name: "FERRIFY_EMBED_ORIGINS",
                value: wrong.clone(),
                reason: "an origin is * or https://host, perhaps with a port or *. before the host".to_owned(),
            });
        }
        if !embeds {
            embedders.clear();
        }
        Ok(Self {
            embedders,
            marketplace: reader.flag("MARKETPLACE_ENABLED", false)?,
            plugin_max_package_bytes: reader.parsed("PLUGIN_MAX_PACKAGE_SIZE", 15_728_640)?,
            can_replace_logo: reader.flag("CAN_REPLACE_LOGO", false)?,
            model_load_balancing: reader.flag("MODEL_LB_ENABLED", false)?,
            dataset_operator: reader.flag("DATASET_OPERATOR_ENABLED", false)?,
            education: reader.flag("EDUCATION_ENABLED", false)?,
            trial_app: reader.flag("ENABLE_TRIAL_APP", false)?,
            explore_banner: reader.flag("ENABLE_EXPLORE_BANNER", false)?,
            app_templates: AppTemplates::read(reader)?,
            max_segment_tokens: reader.parsed("INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000)?,
        })
    }
}

/// What may stand in a policy as an origin; nothing that ends its place there.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:*[]".contains(&b);
    text == "*" || host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_stand_in_a_policy() {
        for origin in ["*", "https://example.com", "http://localhost:3000", "https://*.example.com", "http://[::1]:80"]
        {
            assert!(is_origin(origin), "{origin}");
        }
        for other in ["", "example.com", "https://", "https://a;script-src *", "https://a/b", "'self'", "https://a b"] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
