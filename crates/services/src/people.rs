//! What happens to accounts by mail: invitations, codes to sign in, to register, to reset a password, to change an
//! address, to give a workspace away, to delete an account.
//!
//! All of these go the same way (`codes`): a limit on mails, a code in a letter and a token for the browser; the code
//! shown with the token proves the mailbox, and where there is a further step the proof is a new token. A token holds
//! for whom, for which purpose and how far it is, so that none can be used out of turn or by somebody else.
//!
//! What must stay true: a code is compared in constant time and never more than five times between two right ones; a
//! token that proved something is worth nothing afterwards; whether an address has an account is told by mail, not by
//! the answer, except where Dify's contract tells it.

mod account_deletion;
mod code_login;
mod codes;
mod email_change;
mod error;
mod invitations;
mod owner_transfer;
mod password_reset;
mod purpose;
mod registration;
mod social_sign_in;

use std::net::IpAddr;
use std::sync::Arc;

use config::{AuthSettings, MailSettings};
use models::db::Pool;
use rate_limit::RateLimits;
use sessions::Sessions;

use crate::accounts::Accounts;
use crate::letters::Postbox;
use crate::secrets::TenantKeys;

pub use account_deletion::handlers;
pub use code_login::CodeSignIn;
pub use codes::{Proof, Proven};
pub use email_change::{AddressChange, ChangeStep};
pub use error::PeopleError;
pub use invitations::{Activation, Invited, Invitee, Invitees};
pub use password_reset::NewPassword;
pub use purpose::Purpose;
pub use social_sign_in::Arrival;

/// Who asks for a mail, and in which language it shall be.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub address: IpAddr,
    pub language: Option<&'a str>,
}

/// What these services need to know of the settings.
#[derive(Debug, Clone)]
pub struct PeopleSettings {
    pub auth: AuthSettings,
    pub mail: MailSettings,
    /// Where the Console's pages are, for letters that anybody can cause; empty = such letters have no links.
    pub console_web: String,
}

/// What [`People`] is made of.
pub struct PeopleParts {
    pub pool: Pool,
    pub accounts: Accounts,
    pub sessions: Sessions,
    pub limits: RateLimits,
    pub keys: TenantKeys,
    pub postbox: Postbox,
    pub settings: PeopleSettings,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct People {
    pool: Pool,
    accounts: Accounts,
    sessions: Sessions,
    limits: RateLimits,
    keys: TenantKeys,
    postbox: Postbox,
    settings: Arc<PeopleSettings>,
}

impl People {
    pub fn new(parts: PeopleParts) -> Self {
        let PeopleParts { pool, accounts, sessions, limits, keys, postbox, settings } = parts;
        Self { pool, accounts, sessions, limits, keys, postbox, settings: Arc::new(settings) }
    }

    fn auth(&self) -> &AuthSettings {
        &self.settings.auth
    }

    /// A page of the Console, for a letter that anybody can cause: only where its address is configured, because the
    /// request could name any host.
    fn page(&self, path: &str) -> Option<String> {
        let base = &self.settings.console_web;
        (!base.is_empty()).then(|| format!("{base}{path}"))
    }
}
