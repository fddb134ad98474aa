//! Logs and traces: `LOG_LEVEL` (a level or a tracing filter), `FERRIFY_LOG_FORMAT` (`pretty` or `json`).

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

#[derive(Debug, Clone)]
pub struct LoggingSettings {
    pub filter: String,
    pub format: LogFormat,
}

impl LoggingSettings {
    pub(crate) fn read(reader: &mut Reader<'_>, production: bool) -> Result<Self, SettingsError> {
        let filter = reader.text("LOG_LEVEL", "info").to_ascii_lowercase();
        let format = match reader.text("FERRIFY_LOG_FORMAT", if production { "json" } else { "pretty" }).as_str() {
            "json" => LogFormat::Json,
            "pretty" => LogFormat::Pretty,
            other => {
                let reason = "expected pretty or json".to_owned();
                return Err(SettingsError::Invalid { name: "FERRIFY_LOG_FORMAT", value: other.to_owned(), reason });
            }
        };
        Ok(Self { filter, format })
    }
}
