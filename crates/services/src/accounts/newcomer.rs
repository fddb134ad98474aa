//! An account that is about to be.

use chrono::NaiveDateTime;
use models::account::Account;
use models::{AccountId, AccountStatus};

use super::profile::supported_language;

pub(crate) struct Newcomer<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// As it is stored.
    pub password: Option<String>,
    pub language: Option<&'a str>,
    /// Invited, and has not come yet.
    pub pending: bool,
}

impl Newcomer<'_> {
    pub(crate) fn account(self, now: NaiveDateTime) -> Account {
        Account {
            id: AccountId::random(),
            name: self.name.to_owned(),
            email: self.email.to_lowercase(),
            password: self.password,
            password_salt: None,
            avatar: None,
            interface_language: Some(supported_language(self.language)),
            interface_theme: Some("light".to_owned()),
            timezone: Some("UTC".to_owned()),
            last_login_at: None,
            last_login_ip: None,
            last_active_at: now,
            status: if self.pending { AccountStatus::Pending } else { AccountStatus::Active },
            initialized_at: (!self.pending).then_some(now),
            created_at: now,
            updated_at: now,
        }
    }
}
