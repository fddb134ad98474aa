//! Failed logins per e-mail address.

use std::sync::LazyLock;

use redis::Script;

use crate::Sessions;
use crate::error::SessionsError;

/// Counts, and forgets some time after the last count.
pub(crate) static FAIL: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/fail.lua")));

/// Lower case: other spellings of one address are not more attempts.
fn key(email: &str) -> String {
    format!("login_error_rate_limit:{}", email.to_lowercase())
}

impl Sessions {
    /// Whether the address has failed too often. Ask before the password is looked at.
    ///
    /// # Errors
    /// When Redis fails: then nobody may sign in.
    pub async fn is_locked(&self, email: &str) -> Result<bool, SessionsError> {
        let failures: Option<u64> = redis::cmd("GET").arg(key(email)).query_async(&mut self.link.conn()).await?;
        Ok(failures.is_some_and(|failures| failures > self.config.failures_allowed))
    }

    /// Counts a failed login and says how many there are now.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn record_failure(&self, email: &str) -> Result<u64, SessionsError> {
        let mut script = FAIL.key(key(email));
        Ok(script.arg(self.config.lockout.as_secs()).invoke_async(&mut self.link.conn()).await?)
    }

    /// Forgets the failures after a login that worked.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn clear_failures(&self, email: &str) -> Result<(), SessionsError> {
        Ok(redis::cmd("DEL").arg(key(email)).exec_async(&mut self.link.conn()).await?)
    }
}
