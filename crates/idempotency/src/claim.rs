//! The right to do what a key stands for.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;

use crate::{Ledger, LedgerError, Outcome, millis};

static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/renew.lua")));
static FINISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/finish.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/release.lua")));

/// Renewals per lease.
const BEATS: u32 = 3;
/// Pauses between attempts to write a result: what was done and is not written would be done again.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(300), Duration::from_secs(1)];

/// Dropping it leaves the key to its lease.
pub struct Claim {
    ledger: Ledger,
    key: String,
    owner: String,
}

impl Claim {
    pub(crate) fn new(ledger: Ledger, key: String, owner: String) -> Self {
        Self { ledger, key, owner }
    }

    /// Renews the lease for as long as it is polled; never ends.
    pub async fn hold(&self) -> std::convert::Infallible {
        let lease = self.ledger.config.lease;
        loop {
            tokio::time::sleep(lease / BEATS).await;
            let mut renew = RENEW.key(&self.key);
            renew.arg(&self.owner).arg(millis(lease));
            if let Err(error) = renew.invoke_async::<i64>(&mut self.ledger.link.conn()).await {
                tracing::debug!(error = %error, "the lease of an idempotency key could not be renewed; another try follows");
            }
        }
    }

    /// Writes what came of the work. Whoever took over the key meanwhile keeps it.
    ///
    /// # Errors
    /// When Redis fails again and again.
    pub async fn finish(self, outcome: &Outcome) -> Result<(), LedgerError> {
        let mut finish = FINISH.key(&self.key);
        finish.arg(&self.owner).arg(&outcome.fingerprint).arg(&outcome.head).arg(&outcome.body);
        finish.arg(millis(self.ledger.config.life));
        let mut pauses = PAUSES.into_iter();
        loop {
            match finish.invoke_async::<i64>(&mut self.ledger.link.conn()).await {
                Ok(_written) => return Ok(()),
                Err(error) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error.into()),
                },
            }
        }
    }

    /// Nothing was done: the key is free again.
    ///
    /// # Errors
    /// When Redis fails; the key is free when its lease has ended.
    pub async fn release(self) -> Result<(), LedgerError> {
        let mut release = RELEASE.key(&self.key);
        release.arg(&self.owner);
        Ok(release.invoke_async::<i64>(&mut self.ledger.link.conn()).await.map(|_released| ())?)
    }
}
