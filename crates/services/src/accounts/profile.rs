//! What people may change of themselves.

use chrono::Utc;
use models::account::{Account, AccountChanges};
use models::{AccountId, AccountStatus, TenantId};

use super::error::AccountError;
use super::password::{StoredPassword, Verdict};
use super::{Accounts, is_acceptable};
use crate::pictures::is_upload;

/// Languages of the interface.
pub(super) const LANGUAGES: [&str; 24] = [
    "en-US", "zh-Hans", "zh-Hant", "pt-BR", "es-ES", "fr-FR", "de-DE", "ja-JP", "ko-KR", "ru-RU", "it-IT", "uk-UA",
    "vi-VN", "ro-RO", "pl-PL", "hi-IN", "tr-TR", "fa-IR", "sl-SI", "th-TH", "id-ID", "ar-TN", "nl-NL", "nb-NO",
];

/// The language if it is one of the interface's.
pub(crate) fn interface_language(asked: &str) -> Option<&str> {
    Some(asked).filter(|language| LANGUAGES.contains(language))
}

/// The language if it is one of the interface's, else English.
pub(crate) fn supported_language(asked: Option<&str>) -> String {
    asked.and_then(interface_language).unwrap_or("en-US").to_owned()
}

/// One change of a profile.
#[derive(Debug, Clone, Copy)]
pub enum ProfileChange<'a> {
    Name(&'a str),
    /// A file id or a URL.
    Avatar(&'a str),
    Language(&'a str),
    Theme(&'a str),
    Timezone(&'a str),
}

impl ProfileChange<'_> {
    pub(crate) fn check(&self) -> Result<(), AccountError> {
        let invalid = |text: String| Err(AccountError::Invalid(text));
        match *self {
            Self::Name(name) if !(3..=30).contains(&name.chars().count()) => {
                invalid("Account name must be between 3 and 30 characters.".to_owned())
            }
            Self::Language(language) if !LANGUAGES.contains(&language) => {
                invalid(format!("{language} is not a valid language."))
            }
            Self::Theme(theme) if !matches!(theme, "light" | "dark") => {
                invalid(format!("{theme} is not a valid theme."))
            }
            Self::Timezone(zone) if zone.parse::<chrono_tz::Tz>().is_err() => {
                invalid(format!("{zone} is not a valid timezone."))
            }
            Self::Name(_) | Self::Avatar(_) | Self::Language(_) | Self::Theme(_) | Self::Timezone(_) => Ok(()),
        }
    }
}

impl Accounts {
    /// Changes one thing of a profile and returns the account as it is then.
    ///
    /// `tenant` is where the person is: a portrait that is no link is a file of that workspace.
    pub async fn change(
        &self,
        tenant: TenantId,
        account: AccountId,
        change: ProfileChange<'_>,
    ) -> Result<Account, AccountError> {
        change.check()?;
        let mut conn = self.pool.get().await?;
        if let ProfileChange::Avatar(avatar) = change
            && !(avatar.is_empty() || avatar.starts_with("http") || is_upload(&mut conn, tenant, avatar).await?)
        {
            return Err(AccountError::Invalid("avatar is neither a link nor a file of this workspace.".to_owned()));
        }
        let mut changes = AccountChanges { updated_at: Some(Utc::now().naive_utc()), ..AccountChanges::default() };
        match change {
            ProfileChange::Name(name) => changes.name = Some(name),
            ProfileChange::Avatar(avatar) => changes.avatar = Some(avatar),
            ProfileChange::Language(language) => changes.interface_language = Some(language),
            ProfileChange::Theme(theme) => changes.interface_theme = Some(theme),
            ProfileChange::Timezone(zone) => changes.timezone = Some(zone),
        }
        Account::update(&mut conn, account, &changes).await?.ok_or(AccountError::NotFound)
    }

    /// Changes the password of an account that proved to know the old one, or never had one.
    pub async fn change_password(
        &self,
        account: &Account,
        old: Option<&str>,
        new: &str,
        repeated: &str,
    ) -> Result<Account, AccountError> {
        if new != repeated {
            return Err(AccountError::RepeatPasswordNotMatch);
        }
        if let Some(hash) = account.password.clone() {
            let stored = StoredPassword { hash, salt: account.password_salt.clone() };
            if self.hasher.verify(old.unwrap_or_default(), stored).await? == Verdict::Wrong {
                return Err(AccountError::CurrentPasswordIncorrect);
            }
        }
        self.set_password(account.id, new).await
    }

    /// Gives an account a password, whatever it had.
    pub async fn set_password(&self, account: AccountId, new: &str) -> Result<Account, AccountError> {
        if !is_acceptable(new) {
            return Err(AccountError::WeakPassword);
        }
        let hash = self.hasher.hash(new).await?;
        let changes = AccountChanges {
            password: Some(&hash),
            password_salt: Some(None),
            updated_at: Some(Utc::now().naive_utc()),
            ..AccountChanges::default()
        };
        Account::update(&mut *self.pool.get().await?, account, &changes).await?.ok_or(AccountError::NotFound)
    }

    /// Finishes an account that was invited or made without these.
    pub async fn initialize(&self, account: &Account, language: &str, timezone: &str) -> Result<(), AccountError> {
        if account.status == AccountStatus::Active {
            return Err(AccountError::AlreadyInitialized);
        }
        ProfileChange::Language(language).check()?;
        ProfileChange::Timezone(timezone).check()?;
        let now = Utc::now().naive_utc();
        let changes = AccountChanges {
            interface_language: Some(language),
            timezone: Some(timezone),
            interface_theme: Some("light"),
            status: Some(AccountStatus::Active),
            initialized_at: Some(now),
            updated_at: Some(now),
            ..AccountChanges::default()
        };
        Account::update(&mut *self.pool.get().await?, account.id, &changes).await?.ok_or(AccountError::NotFound)?;
        Ok(())
    }

    /// The account with an e-mail address, for the command line.
    pub async fn find_by_email(&self, email: &str) -> Result<Option<Account>, AccountError> {
        Ok(Account::find_by_email(&mut *self.pool.get().await?, email).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_checked() {
        for good in [
            ProfileChange::Name("Ada"),
            ProfileChange::Language("zh-Hans"),
            ProfileChange::Theme("dark"),
            ProfileChange::Timezone("Europe/Berlin"),
        ] {
            assert!(good.check().is_ok(), "{good:?}");
        }
        for bad in [
            ProfileChange::Name("ab"),
            ProfileChange::Language("xx"),
            ProfileChange::Theme("red"),
            ProfileChange::Timezone("Mars/Base"),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
