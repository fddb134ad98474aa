//! A forgotten password.

use models::account::Account;
use models::{AccountId, AccountStatus};

use super::codes::{Held, Phase, Proof, Proven, checked_email};
use super::error::PeopleError;
use super::{Asker, People, Purpose};
use crate::accounts::is_acceptable;
use crate::letters::Letter;

/// A password, typed twice.
pub struct NewPassword<'a> {
    pub password: &'a str,
    pub repeated: &'a str,
}

impl NewPassword<'_> {
    pub(super) fn check(&self) -> Result<(), PeopleError> {
        if !is_acceptable(self.password) {
            return Err(crate::accounts::AccountError::WeakPassword.into());
        }
        if self.password == self.repeated { Ok(()) } else { Err(PeopleError::PasswordMismatch) }
    }
}

impl People {
    pub(super) fn require_password_login(&self) -> Result<(), PeopleError> {
        if self.auth().email_password_login { Ok(()) } else { Err(PeopleError::PasswordLoginDisabled) }
    }

    /// Mails a code to the address of an account; to any other address, that there is none. Both answer the same.
    #[tracing::instrument(skip_all)]
    pub async fn forgot_password(&self, email: &str, asker: Asker<'_>) -> Result<String, PeopleError> {
        self.require_password_login()?;
        checked_email(email)?;
        self.require_mail(asker).await?;
        let account = Account::find_by_email(&mut *self.pool.get().await?, email).await?;
        let account = account.filter(|account| account.status != AccountStatus::Closed);
        let to = account.as_ref().map_or_else(|| email.to_lowercase(), |account| account.email.clone());
        self.limit_mails(Purpose::PasswordReset, &to).await?;
        let held = Held::new(to);
        let letter = match account {
            Some(_) => Letter::ResetCode { code: held.code() },
            None => {
                let register_url = if self.auth().allow_register { self.page("/signup") } else { None };
                Letter::NoAccount { register_url }
            }
        };
        self.send(Purpose::PasswordReset, held, asker.language, letter).await
    }

    pub async fn prove_for_reset(&self, proof: Proof<'_>) -> Result<Proven, PeopleError> {
        self.require_password_login()?;
        let held = self.prove(Purpose::PasswordReset, proof, None, &[Phase::Sent]).await?;
        self.advance(Purpose::PasswordReset, held.at(Phase::Proven)).await
    }

    /// Sets the password of who proved the mailbox, ends the session that somebody else may have, and lifts the lock of
    /// failed sign-ins. Gives back whose password it is.
    #[tracing::instrument(skip_all)]
    pub async fn reset_password(&self, token: &str, new: NewPassword<'_>) -> Result<AccountId, PeopleError> {
        self.require_password_login()?;
        new.check()?;
        let held = self.shown(Purpose::PasswordReset, token, None, Phase::Proven).await?;
        self.spend(Purpose::PasswordReset, token).await?;
        let account = Account::find_by_email(&mut *self.pool.get().await?, &held.email).await?;
        let account = account.filter(|account| account.status != AccountStatus::Closed);
        let account = account.ok_or(PeopleError::AccountNotFound)?;
        self.accounts.set_password(account.id, new.password).await?;
        self.sessions.revoke(account.id.0).await?;
        self.sessions.clear_failures(&held.email.to_lowercase()).await?;
        match self.house(&account).await {
            // The password is set all the same.
            Ok(()) | Err(PeopleError::MayNotCreateWorkspace) => {}
            Err(other) => return Err(other),
        }
        tracing::info!(account.id = %account.id, "a password was reset");
        Ok(account.id)
    }
}
