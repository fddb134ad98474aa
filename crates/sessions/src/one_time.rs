//! Tokens that carry data through an e-mail flow: made once, looked at, taken once.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Sessions;
use crate::error::SessionsError;
use crate::token::Token;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/take.lua")));
const LONGEST: usize = 128;

/// What a token is for, such as `reset_password`. A token of one kind is worth nothing as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenKind(pub &'static str);

impl TokenKind {
    /// `None` for what was never issued by us.
    fn key(self, token: &str) -> Option<String> {
        let plausible = !token.is_empty() && token.len() <= LONGEST;
        plausible.then(|| format!("{}:token:{token}", self.0))
    }
}

impl Sessions {
    /// A token that stands for `payload` until `ttl` is over.
    ///
    /// # Errors
    /// When Redis or the operating system fails, or the payload cannot be written as JSON.
    pub async fn issue_one_time<T: Serialize + Sync>(
        &self,
        kind: TokenKind,
        payload: &T,
        ttl: Duration,
    ) -> Result<Token, SessionsError> {
        let token = Token::random::<32>()?;
        let mut set = redis::cmd("SET");
        set.arg(kind.key(token.expose())).arg(serde_json::to_vec(payload)?).arg("EX").arg(ttl.as_secs().max(1));
        set.exec_async(&mut self.link.conn()).await?;
        Ok(token)
    }

    /// What a token stands for; it stays good.
    ///
    /// # Errors
    /// When Redis fails or the payload is of another type.
    pub async fn peek_one_time<T: DeserializeOwned>(
        &self,
        kind: TokenKind,
        token: &str,
    ) -> Result<Option<T>, SessionsError> {
        let Some(key) = kind.key(token) else { return Ok(None) };
        let payload: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.link.conn()).await?;
        Ok(payload.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    /// What a token stood for; it is worth nothing from now on. Of two racing callers one gets it.
    ///
    /// # Errors
    /// When Redis fails or the payload is of another type.
    pub async fn take_one_time<T: DeserializeOwned>(
        &self,
        kind: TokenKind,
        token: &str,
    ) -> Result<Option<T>, SessionsError> {
        let Some(key) = kind.key(token) else { return Ok(None) };
        let payload: Option<Vec<u8>> = TAKE.key(key).invoke_async(&mut self.link.conn()).await?;
        Ok(payload.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }
}
