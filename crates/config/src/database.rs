//! Postgres: `DATABASE_URL`, or Dify's `DB_HOST`, `DB_PORT`, `DB_USERNAME`, `DB_PASSWORD`, `DB_DATABASE`;
//! `SQLALCHEMY_POOL_SIZE`, `SQLALCHEMY_POOL_TIMEOUT`, `FERRIFY_DB_STATEMENT_SECONDS`,
//! `FERRIFY_MIGRATE_ON_START`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `None`: no server is configured; `ferrify up` then starts a private one.
    pub url: Option<SecretString>,
    pub pool_size: usize,
    /// Longest wait for a pooled connection.
    pub pool_timeout: Duration,
    /// Longest life of one statement; a server that is silent for longer counts as gone.
    pub statement_limit: Duration,
    pub migrate_on_start: bool,
}

impl DatabaseSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let url = match reader.secret("DATABASE_URL") {
            Some(url) => {
                check(url.expose_secret())?;
                Some(url)
            }
            None => from_parts(reader)?,
        };
        Ok(Self {
            url,
            pool_size: reader.parsed("SQLALCHEMY_POOL_SIZE", 20)?,
            pool_timeout: reader.seconds("SQLALCHEMY_POOL_TIMEOUT", 30)?,
            statement_limit: reader.seconds("FERRIFY_DB_STATEMENT_SECONDS", 30)?,
            migrate_on_start: reader.flag("FERRIFY_MIGRATE_ON_START", true)?,
        })
    }
}

fn check(url: &str) -> Result<(), SettingsError> {
    let invalid = |reason: String| SettingsError::InvalidSecret { name: "DATABASE_URL", reason };
    let parsed = Url::parse(url).map_err(|e| invalid(e.to_string()))?;
    if !matches!(parsed.scheme(), "postgres" | "postgresql") {
        return Err(invalid("it must begin with postgres://".to_owned()));
    }
    Ok(())
}

fn from_parts(reader: &mut Reader<'_>) -> Result<Option<SecretString>, SettingsError> {
    let host = reader.optional_text("DB_HOST");
    let port: u16 = reader.parsed("DB_PORT", 5432)?;
    let user = reader.text("DB_USERNAME", "postgres");
    let password = reader.secret("DB_PASSWORD");
    let database = reader.text("DB_DATABASE", "dify");
    let Some(host) = host else { return Ok(None) };
    let invalid =
        |reason: &str| SettingsError::Invalid { name: "DB_HOST", value: host.clone(), reason: reason.to_owned() };
    let mut url = Url::parse(&format!("postgres://{host}:{port}/{database}")).map_err(|e| invalid(&e.to_string()))?;
    url.set_username(&user).map_err(|()| invalid("no user name fits this host"))?;
    url.set_password(password.as_ref().map(ExposeSecret::expose_secret))
        .map_err(|()| invalid("no password fits this host"))?;
    Ok(Some(SecretString::from(String::from(url))))
}
