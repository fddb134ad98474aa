//! New accounts of people who come by themselves.

use chrono::Utc;
use models::account::Account;
use models::db::AsyncConnection;
use models::tenant_member::TenantMember;

use super::code_login::admit;
use super::codes::{Held, Phase, Proof, Proven, checked_email};
use super::error::PeopleError;
use super::password_reset::NewPassword;
use super::{Asker, People, Purpose};
use crate::accounts::{Newcomer, TokenPair};
use crate::letters::Letter;
use crate::workspaces::NewWorkspace;

impl People {
    fn require_registration(&self) -> Result<(), PeopleError> {
        self.require_password_login()?;
        if self.auth().allow_register { Ok(()) } else { Err(PeopleError::RegistrationDisabled) }
    }

    /// Mails a code to a new address; to that of an account, that there is one. Both answer the same.
    #[tracing::instrument(skip_all)]
    pub async fn ask_to_register(&self, email: &str, asker: Asker<'_>) -> Result<String, PeopleError> {
        self.require_registration()?;
        checked_email(email)?;
        self.require_mail(asker).await?;
        let account = Account::find_by_email(&mut *self.pool.get().await?, email).await?;
        let to = account.as_ref().map_or_else(|| email.to_lowercase(), |account| account.email.clone());
        self.limit_mails(Purpose::Registration, &to).await?;
        let held = Held::new(to);
        let letter = match account {
            Some(_) => Letter::AccountExists { sign_in_url: self.page("/signin") },
            None => Letter::RegistrationCode { code: held.code() },
        };
        self.send(Purpose::Registration, held, asker.language, letter).await
    }

    pub async fn prove_for_registration(&self, proof: Proof<'_>) -> Result<Proven, PeopleError> {
        self.require_registration()?;
        let held = self.prove(Purpose::Registration, proof, None, &[Phase::Sent]).await?;
        self.advance(Purpose::Registration, held.at(Phase::Proven)).await
    }

    /// Makes the account with its workspace, and signs in.
    #[tracing::instrument(skip_all)]
    pub async fn finish_registration(
        &self,
        token: &str,
        password: NewPassword<'_>,
        asker: Asker<'_>,
    ) -> Result<TokenPair, PeopleError> {
        self.require_registration()?;
        password.check()?;
        let held = self.shown(Purpose::Registration, token, None, Phase::Proven).await?;
        self.spend(Purpose::Registration, token).await?;
        let hash = self.accounts.hash(password.password).await?;
        let account = self.register(&held.email, None, Some(hash), asker.language).await?;
        Ok(self.accounts.enter(&account, &asker.address.to_string()).await?)
    }

    /// An account with a workspace of its own. Without a name it is called by its address until its owner says
    /// otherwise, as in Dify.
    pub(super) async fn register(
        &self,
        email: &str,
        name: Option<&str>,
        password: Option<String>,
        language: Option<&str>,
    ) -> Result<Account, PeopleError> {
        if !self.auth().allow_create_workspace {
            return Err(PeopleError::MayNotCreateWorkspace);
        }
        let now = Utc::now().naive_utc();
        let account = Newcomer { name: name.unwrap_or(email), email, password, language, pending: false }.account(now);
        let workspace = NewWorkspace::prepare(&self.keys, workspace_name(&account)).await?;
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if let Some(taken) = Account::claim_address(conn, email).await? {
                admit(&taken)?;
                return Err(PeopleError::EmailInUse);
            }
            Account::insert(conn, &account).await?;
            workspace.insert(conn, &account, now).await?;
            Ok(())
        })
        .await?;
        tracing::info!(account.id = %account.id, "somebody registered");
        Ok(account)
    }

    /// Sees to it that an account has a workspace.
    pub(super) async fn house(&self, account: &Account) -> Result<(), PeopleError> {
        if !TenantMember::of_account(&mut *self.pool.get().await?, account.id).await?.is_empty() {
            return Ok(());
        }
        if !self.auth().allow_create_workspace {
            return Err(PeopleError::MayNotCreateWorkspace);
        }
        let workspace = NewWorkspace::prepare(&self.keys, workspace_name(account)).await?;
        let mut conn = self.pool.get().await?;
        let now = Utc::now().naive_utc();
        Ok(conn.transaction(async |conn| workspace.insert(conn, account, now).await.map(drop)).await?)
    }
}

pub(super) fn workspace_name(account: &Account) -> String {
    format!("{}'s Workspace", account.name)
}
