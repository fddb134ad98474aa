//! Switches that the frontend asks for: `MARKETPLACE_ENABLED`, `PLUGIN_MAX_PACKAGE_SIZE`, `CAN_REPLACE_LOGO`,
//! `MODEL_LB_ENABLED`, `DATASET_OPERATOR_ENABLED`, `EDUCATION_ENABLED`, `ENABLE_TRIAL_APP`,
//! `ENABLE_EXPLORE_BANNER`.

use crate::reader::{Reader, SettingsError};

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
    /// Longest segment, in tokens, that a user may ask for (`INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH`).
    pub max_segment_tokens: u32,
}

impl FeatureSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            marketplace: reader.flag("MARKETPLACE_ENABLED", false)?,
            plugin_max_package_bytes: reader.parsed("PLUGIN_MAX_PACKAGE_SIZE", 15_728_640)?,
            can_replace_logo: reader.flag("CAN_REPLACE_LOGO", false)?,
            model_load_balancing: reader.flag("MODEL_LB_ENABLED", false)?,
            dataset_operator: reader.flag("DATASET_OPERATOR_ENABLED", false)?,
            education: reader.flag("EDUCATION_ENABLED", false)?,
            trial_app: reader.flag("ENABLE_TRIAL_APP", false)?,
            explore_banner: reader.flag("ENABLE_EXPLORE_BANNER", false)?,
            max_segment_tokens: reader.parsed("INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", 4000)?,
        })
    }
}
