//! Signing in with a code instead of a password.

use models::AccountStatus;
use models::account::Account;

use super::codes::{Held, Phase, Proof, checked_email};
use super::error::PeopleError;
use super::{Asker, People, Purpose};
use crate::accounts::TokenPair;
use crate::letters::Letter;

/// A code to sign in with, and for whom an account may have to be made.
pub struct CodeSignIn<'a> {
    pub proof: Proof<'a>,
    pub asker: Asker<'a>,
}

/// Whether somebody may sign in at all.
pub(super) fn admit(account: &Account) -> Result<(), PeopleError> {
    match account.status {
        AccountStatus::Banned => Err(PeopleError::Banned),
        AccountStatus::Closed => Err(PeopleError::Frozen),
        AccountStatus::Active | AccountStatus::Pending | AccountStatus::Uninitialized | AccountStatus::Unknown => {
            Ok(())
        }
    }
}

impl People {
    /// Mails a code to sign in with; to an address without an account only where registration is open.
    #[tracing::instrument(skip_all)]
    pub async fn ask_to_sign_in(&self, email: &str, asker: Asker<'_>) -> Result<String, PeopleError> {
        checked_email(email)?;
        self.require_mail(asker).await?;
        let account = Account::find_by_email(&mut *self.pool.get().await?, email).await?;
        let to = match &account {
            Some(account) => {
                admit(account)?;
                account.email.clone()
            }
            None if self.auth().allow_register => email.to_lowercase(),
            None => return Err(PeopleError::AccountNotFound),
        };
        self.limit_mails(Purpose::CodeLogin, &to).await?;
        let held = Held::new(to);
        let letter = Letter::SignInCode { code: held.code() };
        self.send(Purpose::CodeLogin, held, asker.language, letter).await
    }

    /// Signs in whoever shows the code; who has no account or no workspace gets them, where that is allowed.
    #[tracing::instrument(skip_all)]
    pub async fn sign_in_with_code(&self, sign_in: CodeSignIn<'_>) -> Result<TokenPair, PeopleError> {
        let held = self.prove(Purpose::CodeLogin, sign_in.proof, None, &[Phase::Sent]).await?;
        let known = Account::find_by_email(&mut *self.pool.get().await?, &held.email).await?;
        let account = match known {
            Some(account) => {
                admit(&account)?;
                self.house(&account).await?;
                account
            }
            None if self.auth().allow_register => {
                self.register(&held.email, None, None, sign_in.asker.language).await?
            }
            None => return Err(PeopleError::AccountNotFound),
        };
        Ok(self.accounts.enter(&account, &sign_in.asker.address.to_string()).await?)
    }
}
