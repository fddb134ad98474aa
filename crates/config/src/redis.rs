//! Redis: `REDIS_URL`, or Dify's `REDIS_HOST`, `REDIS_PORT`, `REDIS_USERNAME`, `REDIS_PASSWORD`, `REDIS_DB`,
//! `REDIS_USE_SSL`; `FERRIFY_REDIS_TIMEOUT_SECONDS`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `None`: no server is configured; `ferrify up` then starts a private one.
    pub url: Option<SecretString>,
    pub timeout: Duration,
}

impl RedisSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let url = match reader.secret("REDIS_URL") {
            Some(url) => Some(url),
            None => from_parts(reader)?,
        };
        Ok(Self { url, timeout: reader.seconds("FERRIFY_REDIS_TIMEOUT_SECONDS", 3)? })
    }
}

fn from_parts(reader: &mut Reader<'_>) -> Result<Option<SecretString>, SettingsError> {
    let host = reader.optional_text("REDIS_HOST");
    let port: u16 = reader.parsed("REDIS_PORT", 6379)?;
    let user = reader.optional_text("REDIS_USERNAME");
    let password = reader.secret("REDIS_PASSWORD");
    let database: u32 = reader.parsed("REDIS_DB", 0)?;
    let scheme = if reader.flag("REDIS_USE_SSL", false)? { "rediss" } else { "redis" };
    let Some(host) = host else { return Ok(None) };
    let invalid =
        |reason: &str| SettingsError::Invalid { name: "REDIS_HOST", value: host.clone(), reason: reason.to_owned() };
    let mut url = Url::parse(&format!("{scheme}://{host}:{port}/{database}")).map_err(|e| invalid(&e.to_string()))?;
    url.set_username(user.as_deref().unwrap_or_default()).map_err(|()| invalid("no user name fits this host"))?;
    url.set_password(password.as_ref().map(ExposeSecret::expose_secret))
        .map_err(|()| invalid("no password fits this host"))?;
    Ok(Some(SecretString::from(String::from(url))))
}
