//! Who is signed in, and what waits for people to come back: refresh tokens, failed logins, one-time tokens, wrong codes,
//! mails that were asked for, imports to be confirmed.
//!
//! Everything is kept in Redis under Dify's keys, so that people stay signed in when an installation is adopted:
//! `refresh_token:<token>` and `account_refresh_token:<account>` (one live token per account), the counter
//! `login_error_rate_limit:<email>`, `<kind>:token:<token>` for the tokens of e-mail flows,
//! `<purpose>_error_rate_limit:<email>` for their wrong codes, and `email_send_ip_limit_*:<address>` for who has mails
//! sent; `<kind>:<id>` for what waits a while, such as an import that is to be confirmed. Passwords, access tokens and cookies are not known here.
//!
//! What must stay true:
//! - a refresh token works once: rotating reads, deletes and replaces it in one script, and of two racing callers one
//!   gets nothing;
//! - tokens come from the operating system's random numbers and are never logged;
//! - **all of this fails closed.** Without Redis nobody signs in or refreshes; whoever holds a valid access token
//!   works on until it expires.
//!
//! The scripts touch keys of two hash slots (Dify's names have no hash tags): with Redis Cluster, these keys need a
//! Redis of their own.

mod code_errors;
mod error;
mod kept;
mod login_errors;
mod mail_limit;
mod one_time;
mod refresh;
mod token;

use std::time::Duration;

use redis_link::RedisLink;

pub use code_errors::CodePurpose;
pub use error::SessionsError;
pub use kept::KeptKind;
pub use one_time::TokenKind;
pub use refresh::Rotated;
pub use token::Token;

/// The numbers of this crate.
#[derive(Debug, Clone)]
pub struct SessionsConfig {
    /// Life of a refresh token (`REFRESH_TOKEN_EXPIRE_DAYS`).
    pub refresh_ttl: Duration,
    /// How long failed logins are remembered after the last one (`LOGIN_LOCKOUT_DURATION`).
    pub lockout: Duration,
    /// More failures than this lock the address.
    pub failures_allowed: u64,
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self {
            refresh_ttl: Duration::from_secs(30 * 24 * 3600),
            lockout: Duration::from_secs(86_400),
            failures_allowed: 5,
        }
    }
}

/// The store of everything above. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    link: RedisLink,
    config: SessionsConfig,
}

impl Sessions {
    #[must_use]
    pub fn new(link: RedisLink, config: SessionsConfig) -> Self {
        Self { link, config }
    }
}
