//! How long requests may take: `FERRIFY_CONSOLE_REQUEST_SECONDS`, `FERRIFY_SERVICE_REQUEST_SECONDS`,
//! `FERRIFY_WEB_REQUEST_SECONDS`, `FERRIFY_FILES_REQUEST_SECONDS`, `FERRIFY_INNER_REQUEST_SECONDS`, `FERRIFY_UPLOAD_SECONDS`,
//! `FERRIFY_BODY_SECONDS`. 0 = no limit. What asks a model has the limits of runs instead, and so have tools of MCP clients.

use std::time::Duration;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone, Copy, Default)]
pub struct TimeLimitSettings {
    /// A request to the Console, from its first byte to the head of its answer.
    pub console: Option<Duration>,
    /// The same of the Service API.
    pub service: Option<Duration>,
    /// The same of published pages.
    pub web: Option<Duration>,
    /// The same of previews and logos.
    pub files: Option<Duration>,
    /// The same of the internal API.
    pub inner: Option<Duration>,
    /// A request that brings a file, to any of them.
    pub upload: Option<Duration>,
    /// Until the body of any other request has come.
    pub body: Option<Duration>,
}

impl TimeLimitSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let mut limit = |name, seconds| Ok(Some(reader.seconds(name, seconds)?).filter(|time| !time.is_zero()));
        Ok(Self {
            console: limit("FERRIFY_CONSOLE_REQUEST_SECONDS", 120)?,
            service: limit("FERRIFY_SERVICE_REQUEST_SECONDS", 120)?,
            web: limit("FERRIFY_WEB_REQUEST_SECONDS", 120)?,
            files: limit("FERRIFY_FILES_REQUEST_SECONDS", 120)?,
            inner: limit("FERRIFY_INNER_REQUEST_SECONDS", 120)?,
            upload: limit("FERRIFY_UPLOAD_SECONDS", 600)?,
            body: limit("FERRIFY_BODY_SECONDS", 60)?,
        })
    }
}
