//! Refresh tokens: one live one per account, each good for one use.

use std::sync::LazyLock;

use redis::Script;
use uuid::Uuid;

use crate::Sessions;
use crate::error::SessionsError;
use crate::token::Token;

const TOKEN_PREFIX: &str = "refresh_token:";
const ACCOUNT_PREFIX: &str = "account_refresh_token:";
/// Hex digits of 64 bytes; what is longer was never issued and is not sent to Redis.
const LONGEST: usize = 256;

static ISSUE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/issue.lua")));
static ROTATE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/rotate.lua")));
static REVOKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/revoke.lua")));

/// A refreshed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    pub account: Uuid,
    pub token: Token,
}

fn token_key(token: &str) -> String {
    format!("{TOKEN_PREFIX}{token}")
}

fn account_key(account: Uuid) -> String {
    format!("{ACCOUNT_PREFIX}{account}")
}

impl Sessions {
    /// A new refresh token for somebody who has just signed in. Ends the account's token before it.
    ///
    /// # Errors
    /// When Redis or the operating system fails.
    pub async fn issue(&self, account: Uuid) -> Result<Token, SessionsError> {
        let token = Token::random::<64>()?;
        let mut script = ISSUE.key(account_key(account));
        script.key(token_key(token.expose())).arg(account.to_string()).arg(token.expose());
        script.arg(self.config.refresh_ttl.as_secs()).arg(TOKEN_PREFIX);
        script.invoke_async::<i64>(&mut self.link.conn()).await?;
        Ok(token)
    }

    /// Uses a refresh token: a new one takes its place. `None` when it is not live (any more).
    ///
    /// # Errors
    /// When Redis or the operating system fails.
    pub async fn rotate(&self, shown: &str) -> Result<Option<Rotated>, SessionsError> {
        if shown.is_empty() || shown.len() > LONGEST {
            return Ok(None);
        }
        let token = Token::random::<64>()?;
        let mut script = ROTATE.key(token_key(shown));
        script.key(token_key(token.expose())).arg(shown).arg(token.expose());
        script.arg(self.config.refresh_ttl.as_secs()).arg(ACCOUNT_PREFIX);
        let account: Option<String> = script.invoke_async(&mut self.link.conn()).await?;
        let Some(account) = account else { return Ok(None) };
        let account = account.parse().map_err(|_cause: uuid::Error| SessionsError::Account)?;
        Ok(Some(Rotated { account, token }))
    }

    /// Ends the session of an account: its refresh token is worth nothing from now on.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn revoke(&self, account: Uuid) -> Result<(), SessionsError> {
        let mut script = REVOKE.key(account_key(account));
        script.arg(TOKEN_PREFIX).invoke_async::<i64>(&mut self.link.conn()).await?;
        Ok(())
    }
}
