//! What has been done under a key that a caller chose, so that it is done once.
//!
//! [`Ledger::begin`] is asked before the work, from however many processes: one of them gets a [`Claim`], the others hear
//! that somebody is at it, or get what came of it. A claim is a lease: it has to be renewed while the work goes on
//! ([`Claim::hold`]), so that the key of a process that died is free again after [`LedgerConfig::lease`]. What came of the
//! work stays for [`LedgerConfig::life`]; what came to nothing is given back ([`Claim::release`]).
//!
//! What must stay true:
//! - each step is one script on one key, so of racing callers one has the claim;
//! - **this fails closed.** Who asks for a thing to be done once and cannot be promised it is told so.

mod claim;
mod error;

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use redis_link::RedisLink;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use claim::Claim;
pub use error::LedgerError;

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/begin.lua")));

#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// How long a claim stands without being renewed.
    pub lease: Duration,
    /// How long results stay.
    pub life: Duration,
    /// Largest body of a result, in bytes.
    pub most_bytes: usize,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), life: Duration::from_secs(24 * 3600), most_bytes: 4 << 20 }
    }
}

/// What has been done under which key. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    link: RedisLink,
    config: LedgerConfig,
}

/// Whose key it is.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub tenant: Uuid,
    /// What is done, such as a route's pattern.
    pub action: &'a str,
    /// Of whom keys are apart within a workspace; empty where they are not.
    pub holder: &'a str,
    /// The caller's.
    pub key: &'a str,
}

/// What came of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Of what was asked for.
    pub fingerprint: String,
    /// In words of the caller's.
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

/// Where the work under a key stands.
pub enum Begun {
    /// The caller is to do it.
    Mine(Claim),
    /// Somebody does it; with the fingerprint of what was asked for, if that is known already.
    Running(Option<String>),
    Done(Outcome),
}

impl Ledger {
    pub fn new(link: RedisLink, config: LedgerConfig) -> Self {
        Self { link, config }
    }

    pub fn config(&self) -> &LedgerConfig {
        &self.config
    }

    /// Takes the key, or says who has it. The fingerprint is of what is asked for, if it is known yet. One round trip.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn begin(&self, scope: Scope<'_>, fingerprint: Option<&str>) -> Result<Begun, LedgerError> {
        let (key, owner) = (key(scope), Uuid::new_v4().to_string());
        let mut begin = BEGIN.key(&key);
        begin.arg(&owner).arg(fingerprint.unwrap_or_default()).arg(millis(self.config.lease));
        let mut found: Vec<Vec<u8>> = begin.invoke_async(&mut self.link.conn()).await?;
        let text = |bytes: Option<&Vec<u8>>| bytes.map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default();
        let (state, fingerprint) = (text(found.first()), text(found.get(1)));
        match state.as_str() {
            "mine" => Ok(Begun::Mine(Claim::new(self.clone(), key, owner))),
            "running" => Ok(Begun::Running(Some(fingerprint).filter(|text| !text.is_empty()))),
            _ => {
                let mut take = |at| found.get_mut(at).map(std::mem::take).unwrap_or_default();
                Ok(Begun::Done(Outcome { fingerprint, head: take(2), body: take(3) }))
            }
        }
    }
}

fn key(scope: Scope<'_>) -> String {
    let mut hash = Sha256::new();
    // Lengths keep neighbours apart.
    for part in [scope.action, scope.holder, scope.key] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("ferrify:{{{}}}:idempotency:{}", scope.tenant, hex::encode(hash.finalize()))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
