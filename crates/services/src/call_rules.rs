//! What an app asks of its callers beside a key: an address of a list, a signature of each request.
//!
//! Rules are part of the app as it is remembered ([`crate::directory::LiveApp`]), so that they cost nothing per request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use ipnet::IpNet;
use models::app::App;
use models::app_rule::AppRule;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::{AppId, TenantId};
use rate_limit::{Demand, RateLimits, Rejection};
use secrecy::{ExposeSecret, SecretString};

use crate::apps::AppChanges;
use crate::random_text::random_text;
use crate::secrets::{SecretsError, TenantKeys};
use crate::signature::{Signature, WINDOW};

/// Networks of one app.
const MOST_NETWORKS: usize = 100;
/// How secrets begin, so that they are known for what they are.
const PREFIX: &str = "fsig-";
const SECRET_LENGTH: usize = 40;

#[derive(Debug, thiserror::Error)]
pub enum CallRuleError {
    #[error("App not found")]
    NoApp,
    #[error("{0} is neither an address nor a network in CIDR notation, such as 203.0.113.0/24")]
    NotANetwork(String),
    #[error("An app has at most {MOST_NETWORKS} networks")]
    TooMany,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for CallRuleError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for CallRuleError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// The rules of one app.
#[derive(Debug, Clone, Default)]
pub struct CallRules {
    networks: Vec<IpNet>,
    /// `None` where requests need no signature.
    pub secret: Option<SecretString>,
    /// Set where the stored rules cannot be read: then nobody is let in.
    broken: bool,
}

impl CallRules {
    /// Reads the rules as they are stored. Rules that cannot be read admit nobody: they were made to keep people out.
    pub(crate) async fn read(keys: &TenantKeys, row: Option<AppRule>) -> Self {
        let Some(row) = row else { return Self::default() };
        let networks: Result<Vec<IpNet>, _> = row.allowed_networks.iter().map(|text| text.parse()).collect();
        let secret = match row.signing_secret {
            Some(hidden) => keys.decrypt(row.tenant_id, hidden).await.map(|clear| Some(SecretString::from(clear))),
            None => Ok(None),
        };
        match (networks, secret) {
            (Ok(networks), Ok(secret)) => Self { networks, secret, broken: false },
            (networks, secret) => {
                tracing::error!(app.id = %row.app_id, networks = networks.is_ok(), secret = secret.is_ok(), "the rules of an app cannot be read: nobody is let in");
                Self { broken: true, ..Self::default() }
            }
        }
    }

    /// Whether a caller of that address is let in. Callers without an address are, where there are no networks.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        if self.broken {
            return false;
        }
        self.networks.is_empty()
            || address.is_some_and(|address| self.networks.iter().any(|network| network.contains(&address)))
    }
}

/// What an app's builders see of its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRules {
    pub allowed_networks: Vec<String>,
    pub requires_signature: bool,
}

/// Rules of apps; cheap to clone.
#[derive(Clone)]
pub struct AppCallRules {
    pool: Pool,
    keys: TenantKeys,
    limits: RateLimits,
    watch: Arc<dyn AppChanges>,
}

impl AppCallRules {
    pub fn new(pool: Pool, keys: TenantKeys, limits: RateLimits, watch: Arc<dyn AppChanges>) -> Self {
        Self { pool, keys, limits, watch }
    }

    /// The rules of an app of the workspace.
    ///
    /// # Errors
    /// `NoApp`.
    pub async fn show(&self, tenant: TenantId, app: AppId) -> Result<ShownRules, CallRuleError> {
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, tenant, app).await?.ok_or(CallRuleError::NoApp)?;
        let row = AppRule::find(&mut conn, tenant, app).await?;
        Ok(row.map_or(ShownRules { allowed_networks: Vec::new(), requires_signature: false }, |row| ShownRules {
            requires_signature: row.signing_secret.is_some(),
            allowed_networks: row.allowed_networks,
        }))
    }

    /// Replaces the networks from which an app of the workspace is called; none admits everybody.
    ///
    /// # Errors
    /// `NoApp`, `NotANetwork`, `TooMany`.
    pub async fn set_networks(
        &self,
        tenant: TenantId,
        app: AppId,
        networks: &[String],
    ) -> Result<ShownRules, CallRuleError> {
        if networks.len() > MOST_NETWORKS {
            return Err(CallRuleError::TooMany);
        }
        let networks: Vec<String> = networks.iter().map(|text| network(text)).collect::<Result<_, _>>()?;
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, tenant, app).await?.ok_or(CallRuleError::NoApp)?;
        AppRule::set_networks(&mut conn, (tenant, app), &networks, Utc::now().naive_utc()).await?;
        drop(conn);
        self.watch.app_changed(tenant, app, None).await;
        self.show(tenant, app).await
    }

    /// Makes a new secret for an app of the workspace, in place of an earlier one: from now on its requests have to be
    /// signed. The secret is told this once.
    ///
    /// # Errors
    /// `NoApp`.
    pub async fn new_secret(&self, tenant: TenantId, app: AppId) -> Result<SecretString, CallRuleError> {
        let secret = SecretString::from(format!("{PREFIX}{}", random_text(SECRET_LENGTH)));
        let hidden = self.keys.encrypt(tenant, secret.expose_secret().to_owned()).await?;
        self.set_secret(tenant, app, Some(&hidden)).await?;
        Ok(secret)
    }

    /// From now on requests need no signature.
    ///
    /// # Errors
    /// `NoApp`.
    pub async fn remove_secret(&self, tenant: TenantId, app: AppId) -> Result<(), CallRuleError> {
        self.set_secret(tenant, app, None).await
    }

    async fn set_secret(&self, tenant: TenantId, app: AppId, hidden: Option<&str>) -> Result<(), CallRuleError> {
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, tenant, app).await?.ok_or(CallRuleError::NoApp)?;
        AppRule::set_secret(&mut conn, (tenant, app), hidden, Utc::now().naive_utc()).await?;
        drop(conn);
        self.watch.app_changed(tenant, app, None).await;
        Ok(())
    }

    /// Takes a signature once: a copy of it within the window is refused. With Redis down nothing is taken.
    ///
    /// # Errors
    /// That it was seen before, or that nobody can tell.
    pub async fn take_once(&self, app: AppId, signature: &Signature) -> Result<(), Rejection> {
        let scope = format!("signature:{app}:{}", signature.fingerprint());
        let window = Duration::from_secs(WINDOW.unsigned_abs() * 2 + 1);
        self.limits.admit(&[Demand::SlidingWindow { scope, limit: 1, window }]).await.map(drop)
    }
}

/// A network in its canonical spelling; single addresses are networks of one, and IPv4 written as IPv6 is IPv4: as the
/// addresses of callers are.
fn network(text: &str) -> Result<String, CallRuleError> {
    let text = text.trim();
    let network = text.parse::<IpNet>().or_else(|_not_cidr| text.parse::<IpAddr>().map(IpNet::from));
    network
        .map(|network| canonical(network.trunc()).to_string())
        .map_err(|_neither| CallRuleError::NotANetwork(text.to_owned()))
}

fn canonical(network: IpNet) -> IpNet {
    // The addresses of IPv4 begin behind 96 bits.
    let mapped = network.prefix_len().checked_sub(96).zip(match network.addr().to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    mapped
        .filter(|_| network.addr().is_ipv6())
        .and_then(|(length, address)| IpNet::new(address.into(), length).ok())
        .unwrap_or(network)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    fn rules(networks: &[&str]) -> CallRules {
        CallRules { networks: networks.iter().map(|n| n.parse().unwrap()).collect(), ..CallRules::default() }
    }

    #[test]
    fn addresses_are_held_against_the_list() {
        let address = |text: &str| Some(text.parse().unwrap());
        assert!(rules(&[]).admits(None));
        assert!(rules(&[]).admits(address("198.51.100.7")));
        let listed = rules(&["203.0.113.0/24", "2001:db8::/32"]);
        assert!(listed.admits(address("203.0.113.9")) && listed.admits(address("2001:db8::1")));
        assert!(!listed.admits(address("203.0.114.9")) && !listed.admits(None));
        assert!(!CallRules { broken: true, ..CallRules::default() }.admits(address("203.0.113.9")));
    }

    #[test]
    fn networks_are_spelled_in_one_way() {
        assert_eq!(network(" 203.0.113.9/24 ").unwrap(), "203.0.113.0/24");
        assert_eq!(network("203.0.113.9").unwrap(), "203.0.113.9/32");
        assert_eq!(network("2001:db8::1").unwrap(), "2001:db8::1/128");
        assert_eq!(network("::ffff:203.0.113.9").unwrap(), "203.0.113.9/32");
        assert_eq!(network("::ffff:203.0.113.9/120").unwrap(), "203.0.113.0/24");
        for wrong in ["", "203.0.113.0/33", "example.com", "203.0.113", "::1/129"] {
            assert!(matches!(network(wrong), Err(CallRuleError::NotANetwork(_))), "{wrong}");
        }
    }
}
