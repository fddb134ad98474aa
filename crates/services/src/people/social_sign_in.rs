//! Signing in as somebody whom a provider elsewhere knows.

use chrono::Utc;
use models::AccountId;
use models::account::Account;
use models::account_integrate::AccountIntegrate;
use uuid::Uuid;

use super::code_login::admit;
use super::error::PeopleError;
use super::{Asker, People};
use crate::accounts::TokenPair;
use crate::social::Identity;

/// A sign-in that worked.
#[derive(Debug)]
pub struct Arrival {
    pub tokens: TokenPair,
    /// Whether the account was made for it.
    pub is_new: bool,
}

impl People {
    /// Finds the account by who one is there, else by the verified address; makes one where registration is open.
    #[tracing::instrument(skip_all, fields(provider = identity.provider.as_str()))]
    pub async fn sign_in_as(&self, identity: &Identity, asker: Asker<'_>) -> Result<Arrival, PeopleError> {
        let known = {
            let mut conn = self.pool.get().await?;
            match AccountIntegrate::account(&mut conn, identity.provider.as_str(), &identity.open_id).await? {
                Some(bound) => Some(bound),
                None => Account::find_by_email(&mut conn, &identity.email).await?,
            }
        };
        let (account, is_new) = match known {
            Some(account) => {
                admit(&account)?;
                self.house(&account).await?;
                (account, false)
            }
            None if self.auth().allow_register => {
                let name = Some(identity.name.as_str()).filter(|name| !name.trim().is_empty());
                (self.register(&identity.email, name, None, asker.language).await?, true)
            }
            None => return Err(PeopleError::AccountNotFound),
        };
        let now = Utc::now().naive_utc();
        let binding = AccountIntegrate {
            id: Uuid::new_v4(),
            account_id: account.id,
            provider: identity.provider.as_str().to_owned(),
            open_id: identity.open_id.clone(),
            encrypted_token: String::new(),
            created_at: now,
            updated_at: now,
        };
        AccountIntegrate::bind(&mut *self.pool.get().await?, &binding).await?;
        let tokens = self.accounts.enter(&account, &asker.address.to_string()).await?;
        Ok(Arrival { tokens, is_new })
    }

    /// Where else an account signs in from.
    pub async fn bindings(&self, account: AccountId) -> Result<Vec<AccountIntegrate>, PeopleError> {
        Ok(AccountIntegrate::of_account(&mut *self.pool.get().await?, account).await?)
    }
}
