//! What this installation is, and the secret that signs for it.
//!
//! `DEPLOY_ENV`, `EDITION`, `SECRET_KEY`, `DIFY_BIND_ADDRESS`, `DIFY_PORT`, `FERRIFY_HTTP_WORKERS`,
//! `FERRIFY_SHUTDOWN_SECONDS`, `FERRIFY_MAX_BODY_BYTES`, `API_COMPRESSION_ENABLED`, `FERRIFY_SERVER_TIMING`,
//! `FERRIFY_TRUSTED_PROXIES`.

use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::reader::{Reader, SettingsError};

/// Values of `SECRET_KEY` that are printed in public configuration samples.
const KNOWN_SECRETS: [&str; 2] =
    ["sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U", "ferrify-development-secret-key-not-for-production"];

/// Development or production; decides how strict defaults are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployEnv(String);

impl DeployEnv {
    pub fn is_production(&self) -> bool {
        self.0 == "PRODUCTION"
    }

    /// The upper-case word as sent in `X-Env`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone)]
pub struct DeploymentSettings {
    pub env: DeployEnv,
    /// `SELF_HOSTED` always; also the `iss` claim of Console tokens.
    pub edition: String,
    /// Signs tokens and file links, and is the root of the keys for secrets at rest.
    pub secret_key: SecretString,
    pub bind: String,
    pub port: Option<u16>,
    /// Threads that accept and serve HTTP; 0 = one per core.
    pub http_workers: usize,
    /// How long running streams may go on after a stop signal.
    pub shutdown: Duration,
    /// Largest JSON body, in bytes; uploads have limits of their own.
    pub max_body_bytes: usize,
    /// Whether large answers are compressed for those who take that.
    pub compress: bool,
    /// Whether answers tell in `Server-Timing` what they waited for.
    pub server_timing: bool,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl DeploymentSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let env = DeployEnv(reader.text("DEPLOY_ENV", "DEVELOPMENT").to_ascii_uppercase());
        let [_, development_secret] = KNOWN_SECRETS;
        let secret_key = reader.secret("SECRET_KEY").unwrap_or_else(|| SecretString::from(development_secret));
        let clear = secret_key.expose_secret();
        if clear.len() < 16 {
            let reason = "it must have at least 16 characters".to_owned();
            return Err(SettingsError::InvalidSecret { name: "SECRET_KEY", reason });
        }
        if env.is_production() && KNOWN_SECRETS.contains(&clear) {
            return Err(SettingsError::KnownDefault { name: "SECRET_KEY" });
        }
        let port = match reader.parsed::<u16>("DIFY_PORT", 0)? {
            0 => None,
            port => Some(port),
        };
        let mut trusted_proxies = Vec::new();
        for text in reader.list("FERRIFY_TRUSTED_PROXIES", "127.0.0.0/8,::1/128") {
            trusted_proxies.push(text.parse::<IpNet>().map_err(|e| SettingsError::Invalid {
                name: "FERRIFY_TRUSTED_PROXIES",
                value: text.clone(),
                reason: e.to_string(),
            })?);
        }
        Ok(Self {
            env,
            edition: reader.text("EDITION", "SELF_HOSTED"),
            secret_key,
            bind: reader.text("DIFY_BIND_ADDRESS", "127.0.0.1"),
            port,
            http_workers: reader.parsed("FERRIFY_HTTP_WORKERS", 0)?,
            shutdown: reader.seconds("FERRIFY_SHUTDOWN_SECONDS", 25)?,
            max_body_bytes: reader.parsed("FERRIFY_MAX_BODY_BYTES", 10 * 1024 * 1024)?,
            compress: reader.flag("API_COMPRESSION_ENABLED", false)?,
            server_timing: reader.flag("FERRIFY_SERVER_TIMING", false)?,
            trusted_proxies,
        })
    }
}
