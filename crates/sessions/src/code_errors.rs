//! Wrong codes per e-mail address and purpose. Every try counts until one is right, so that tries side by side are no
//! more than tries one after the other.

use std::time::Duration;

use crate::Sessions;
use crate::error::SessionsError;
use crate::login_errors::FAIL;

/// How long wrong codes are remembered after the last one.
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// What a code is for, such as `forgot_password`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodePurpose(pub &'static str);

impl CodePurpose {
    fn key(self, email: &str) -> String {
        format!("{}_error_rate_limit:{}", self.0, email.to_lowercase())
    }
}

impl Sessions {
    /// How many codes were tried since the last right one.
    ///
    /// # Errors
    /// When Redis fails: then no code is looked at.
    pub async fn code_tries(&self, purpose: CodePurpose, email: &str) -> Result<u64, SessionsError> {
        let tries: Option<u64> = redis::cmd("GET").arg(purpose.key(email)).query_async(&mut self.link.conn()).await?;
        Ok(tries.unwrap_or_default())
    }

    /// Counts a try, before the code is looked at, and says how many there are now.
    ///
    /// # Errors
    /// When Redis fails: then no code is looked at.
    pub async fn try_code(&self, purpose: CodePurpose, email: &str) -> Result<u64, SessionsError> {
        let mut script = FAIL.key(purpose.key(email));
        Ok(script.arg(REMEMBERED.as_secs()).invoke_async(&mut self.link.conn()).await?)
    }

    /// Forgets the tries after a right code.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn clear_code_tries(&self, purpose: CodePurpose, email: &str) -> Result<(), SessionsError> {
        Ok(redis::cmd("DEL").arg(purpose.key(email)).exec_async(&mut self.link.conn()).await?)
    }
}
