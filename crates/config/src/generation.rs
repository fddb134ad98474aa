//! How answers are made: `APP_MAX_EXECUTION_TIME`, `MULTIMODAL_SEND_FORMAT`, `MODERATION_BUFFER_SIZE` (characters),
//! `FERRIFY_EXTENSION_SECONDS`, `FERRIFY_MODEL_*`, `FERRIFY_DEMO_MODEL`.

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct GenerationSettings {
    /// A run that takes longer is stopped like a user's stop.
    pub max_execution: Duration,
    /// Send uploaded pictures to the model as links instead of as data.
    pub media_as_url: bool,
    /// Characters of an answer between two looks at it, where answers are moderated.
    pub moderation_every: usize,
    /// The longest that an extension of a workspace may take.
    pub extension_timeout: Duration,
    pub connect_timeout: Duration,
    pub first_token_timeout: Duration,
    /// Longest silence between two chunks of a model's answer.
    pub idle_timeout: Duration,
    pub total_timeout: Duration,
    pub retries: u32,
    /// Whether the provider named `demo` answers where no real model is configured. Never in production.
    pub demo_model: bool,
    /// After how much silence or time a `ping` frame is sent.
    pub ping_every: Duration,
}

impl GenerationSettings {
    pub(crate) fn read(reader: &mut Reader<'_>, production: bool) -> Result<Self, SettingsError> {
        let demo_model = reader.flag("FERRIFY_DEMO_MODEL", !production)?;
        if demo_model && production {
            let reason = "the demo model is refused when DEPLOY_ENV=PRODUCTION".to_owned();
            return Err(SettingsError::Invalid { name: "FERRIFY_DEMO_MODEL", value: "true".to_owned(), reason });
        }
        Ok(Self {
            max_execution: reader.seconds("APP_MAX_EXECUTION_TIME", 1200)?,
            media_as_url: reader.text("MULTIMODAL_SEND_FORMAT", "base64").eq_ignore_ascii_case("url"),
            moderation_every: reader.parsed("MODERATION_BUFFER_SIZE", 300)?,
            extension_timeout: reader.seconds("FERRIFY_EXTENSION_SECONDS", 60)?,
            connect_timeout: reader.seconds("FERRIFY_MODEL_CONNECT_SECONDS", 10)?,
            first_token_timeout: reader.seconds("FERRIFY_MODEL_FIRST_TOKEN_SECONDS", 120)?,
            idle_timeout: reader.seconds("FERRIFY_MODEL_IDLE_SECONDS", 120)?,
            total_timeout: reader.seconds("FERRIFY_MODEL_TOTAL_SECONDS", 600)?,
            retries: reader.parsed("FERRIFY_MODEL_RETRIES", 2)?,
            demo_model,
            ping_every: reader.seconds("FERRIFY_PING_SECONDS", 10)?,
        })
    }
}
