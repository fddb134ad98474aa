//! People who sign in to the Console: setup, signing in and out, and what they may change of themselves.
//!
//! Signing in hands out three things: an access token (a JWT, an hour), a CSRF token (a JWT that the browser must send
//! back in a header) and a refresh token (random, in Redis, 30 days, rotated on use). [`Accounts::authenticate`] is what
//! every Console request goes through.
//!
//! What must stay true: a password is hashed and compared on a blocking thread, few at a time; the answer to a wrong
//! password and to an unknown address is the same.

mod email;
mod error;
mod invitation;
mod login;
mod newcomer;
mod password;
mod profile;
mod session;
mod setup;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use config::AuthSettings;
use models::db::Pool;
use secrecy::SecretString;
use sessions::Sessions;

use crate::secrets::TenantKeys;

pub use email::is_email;
pub use error::{AccountError, HashError, LoginError, SessionError, SetupError};
pub(crate) use invitation::Invitation;
pub use invitation::Invitee;
pub use login::{LoginRequest, TokenPair};
pub(crate) use newcomer::Newcomer;
pub use password::{Hasher, is_acceptable};
pub use profile::ProfileChange;
pub(crate) use profile::interface_language;
pub use session::{Presented, SignedIn};
pub use sessions::SessionsError;
pub use setup::{SetupRequest, SetupState};
pub use tokens::{TokenIssuer, WrongToken};

/// What the account services need to know of the settings.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    pub auth: AuthSettings,
    pub secret_key: SecretString,
    /// The `iss` claim of Console tokens.
    pub edition: String,
}

/// Accounts of the installation; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pool: Pool,
    sessions: Sessions,
    keys: TenantKeys,
    tokens: TokenIssuer,
    hasher: Hasher,
    settings: Arc<AccountSettings>,
    /// Set for good once the installation was set up.
    set_up: Arc<AtomicBool>,
}

impl Accounts {
    pub fn new(pool: Pool, sessions: Sessions, keys: TenantKeys, settings: AccountSettings) -> Self {
        let tokens = TokenIssuer::new(&settings.secret_key, &settings.edition, settings.auth.access_token_life);
        Self {
            pool,
            sessions,
            keys,
            tokens,
            hasher: Hasher::default(),
            settings: Arc::new(settings),
            set_up: Arc::default(),
        }
    }

    /// How long access and CSRF tokens live.
    pub fn access_token_life(&self) -> Duration {
        self.settings.auth.access_token_life
    }

    pub fn refresh_token_life(&self) -> Duration {
        self.settings.auth.refresh_token_life
    }
}
