//! Signing in: `ACCESS_TOKEN_EXPIRE_MINUTES`, `REFRESH_TOKEN_EXPIRE_DAYS`, `LOGIN_LOCKOUT_DURATION`, `COOKIE_DOMAIN`,
//! `INIT_PASSWORD`, `ADMIN_API_KEY_ENABLE`, `ADMIN_API_KEY`, `ENABLE_EMAIL_PASSWORD_LOGIN`, `ENABLE_EMAIL_CODE_LOGIN`,
//! `ENABLE_SOCIAL_OAUTH_LOGIN`, `ALLOW_REGISTER`, `ALLOW_CREATE_WORKSPACE`, `API_KEY_ENCRYPTION_ENABLED`,
//! `INNER_API`, `INNER_API_KEY`, `FERRIFY_AUDIT_DAYS`.

use std::time::Duration;

use secrecy::SecretString;

use crate::reader::{Reader, SettingsError};

/// A hundred years: times stay within what can be computed with.
const MOST_AUDIT_DAYS: u32 = 36_525;

#[derive(Debug, Clone)]
pub struct AuthSettings {
    pub access_token_life: Duration,
    pub refresh_token_life: Duration,
    /// How long an e-mail address stays locked after too many failed sign-ins.
    pub lockout: Duration,
    /// Without a leading dot; empty = host-only cookies.
    pub cookie_domain: String,
    pub init_password: Option<SecretString>,
    /// Set only when `ADMIN_API_KEY_ENABLE` is on and a key is given.
    pub admin_api_key: Option<SecretString>,
    pub email_password_login: bool,
    pub email_code_login: bool,
    pub social_oauth_login: bool,
    pub allow_register: bool,
    pub allow_create_workspace: bool,
    /// Whether `api_tokens.token` is encrypted. `None` = decided once per installation: on for a new one, off for an
    /// adopted Dify database.
    pub encrypt_api_keys: Option<bool>,
    /// Set only when `INNER_API` is on and a key is given.
    pub inner_api_key: Option<SecretString>,
    /// How long the audit log is kept, in days; 0 = for ever.
    pub audit_days: u32,
}

impl AuthSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let minutes: u64 = reader.parsed("ACCESS_TOKEN_EXPIRE_MINUTES", 60)?;
        let days: u64 = reader.parsed("REFRESH_TOKEN_EXPIRE_DAYS", 30)?;
        let admin_enabled = reader.flag("ADMIN_API_KEY_ENABLE", false)?;
        let admin_key = reader.secret("ADMIN_API_KEY");
        let inner_enabled = reader.flag("INNER_API", false)?;
        let inner_key = reader.secret("INNER_API_KEY");
        let encrypt_api_keys = match reader.text("API_KEY_ENCRYPTION_ENABLED", "auto").to_ascii_lowercase().as_str() {
            "auto" => None,
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            other => {
                let reason = "expected true, false or auto".to_owned();
                return Err(SettingsError::Invalid {
                    name: "API_KEY_ENCRYPTION_ENABLED",
                    value: other.to_owned(),
                    reason,
                });
            }
        };
        Ok(Self {
            access_token_life: Duration::from_secs(minutes * 60),
            refresh_token_life: Duration::from_secs(days * 86_400),
            lockout: reader.seconds("LOGIN_LOCKOUT_DURATION", 86_400)?,
            cookie_domain: reader.text("COOKIE_DOMAIN", "").trim_start_matches('.').to_owned(),
            init_password: reader.secret("INIT_PASSWORD"),
            admin_api_key: admin_key.filter(|_| admin_enabled),
            email_password_login: reader.flag("ENABLE_EMAIL_PASSWORD_LOGIN", true)?,
            email_code_login: reader.flag("ENABLE_EMAIL_CODE_LOGIN", false)?,
            social_oauth_login: reader.flag("ENABLE_SOCIAL_OAUTH_LOGIN", false)?,
            allow_register: reader.flag("ALLOW_REGISTER", false)?,
            allow_create_workspace: reader.flag("ALLOW_CREATE_WORKSPACE", false)?,
            encrypt_api_keys,
            inner_api_key: inner_key.filter(|_| inner_enabled),
            audit_days: reader.parsed::<u32>("FERRIFY_AUDIT_DAYS", 365)?.min(MOST_AUDIT_DAYS),
        })
    }
}
