//! Signing in with a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use models::account::{Account, AccountChanges};
use models::tenant_member::TenantMember;
use models::{AccountId, AccountStatus};

use super::error::LoginError;
use super::password::{StoredPassword, Verdict};
use super::{Accounts, is_acceptable, is_email};

/// What the sign-in form sends.
#[derive(Debug)]
pub struct LoginRequest {
    pub email: String,
    /// base64 of the UTF-8 text; obfuscation, not protection.
    pub password: String,
    pub client_address: String,
    /// Of an invitation. Who has no password yet chooses one by signing in with it.
    pub invite_token: Option<String>,
}

/// What a browser gets when it is signed in.
#[derive(Debug)]
pub struct TokenPair {
    /// Whose they are.
    pub account: AccountId,
    pub access: String,
    pub refresh: String,
    pub csrf: String,
}

impl Accounts {
    /// Signs in and returns the tokens.
    #[tracing::instrument(skip_all)]
    pub async fn login(&self, request: LoginRequest) -> Result<TokenPair, LoginError> {
        if !self.settings.auth.email_password_login {
            return Err(LoginError::Disabled);
        }
        if !is_email(&request.email) {
            return Err(LoginError::MalformedEmail(request.email));
        }
        let email = request.email.to_lowercase();
        if self.sessions.is_locked(&email).await? {
            return Err(LoginError::LockedOut);
        }
        let invited = self.invited(&request).await?;
        let account = match self.check_password(&request, invited).await {
            Err(LoginError::Failed) => {
                let failures = self.sessions.record_failure(&email).await?;
                tracing::info!(login.failures = failures, "a sign-in failed");
                return Err(LoginError::Failed);
            }
            other => other?,
        };
        self.enter(&account, &request.client_address).await
    }

    /// Signs in somebody who proved who they are.
    pub(crate) async fn enter(&self, account: &Account, client_address: &str) -> Result<TokenPair, LoginError> {
        let mut conn = self.pool.get().await?;
        if TenantMember::of_account(&mut conn, account.id).await?.is_empty() {
            return Err(LoginError::NoWorkspace);
        }
        let now = Utc::now().naive_utc();
        let changes = AccountChanges {
            last_login_at: Some(now),
            last_login_ip: Some(client_address),
            last_active_at: Some(now),
            status: (account.status == AccountStatus::Pending).then_some(AccountStatus::Active),
            initialized_at: (account.status == AccountStatus::Pending).then_some(now),
            ..AccountChanges::default()
        };
        Account::update(&mut conn, account.id, &changes).await?;
        drop(conn);
        self.sessions.clear_failures(&account.email.to_lowercase()).await?;
        let pair = self.issue(account.id).await?;
        tracing::info!(account.id = %account.id, "signed in");
        Ok(pair)
    }

    /// Whom the invitation of a sign-in is for; one that is over counts for nothing.
    async fn invited(&self, request: &LoginRequest) -> Result<Option<AccountId>, LoginError> {
        let Some(token) = request.invite_token.as_deref().filter(|token| !token.is_empty()) else { return Ok(None) };
        let Some(invitee) = self.invitee(token).await? else { return Ok(None) };
        if invitee.email.to_lowercase() != request.email.to_lowercase() {
            return Err(LoginError::NotInvited);
        }
        Ok(Some(invitee.account.id))
    }

    async fn check_password(&self, request: &LoginRequest, invited: Option<AccountId>) -> Result<Account, LoginError> {
        let decoded = STANDARD.decode(&request.password).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(password) = decoded else { return Err(LoginError::Failed) };
        let account = Account::find_by_email(&mut *self.pool.get().await?, &request.email).await?;
        let Some(account) = account else {
            self.hasher.verify_nothing(&password).await?;
            return Err(LoginError::Failed);
        };
        if account.status == AccountStatus::Banned {
            return Err(LoginError::Banned);
        }
        let Some(hash) = account.password.clone() else {
            if invited == Some(account.id) {
                if !is_acceptable(&password) {
                    return Err(LoginError::WeakPassword);
                }
                self.store_password(account.id, &password).await?;
                return Ok(account);
            }
            self.hasher.verify_nothing(&password).await?;
            return Err(LoginError::Failed);
        };
        let stored = StoredPassword { hash, salt: account.password_salt.clone() };
        let verdict = self.hasher.verify(&password, stored).await?;
        // Told only to who knows the password.
        if verdict != Verdict::Wrong && account.status == AccountStatus::Closed {
            return Err(LoginError::Frozen);
        }
        match verdict {
            Verdict::Wrong => Err(LoginError::Failed),
            Verdict::Right => Ok(account),
            Verdict::RightButOld => {
                self.store_password(account.id, &password).await?;
                Ok(account)
            }
        }
    }

    /// Replaces what is stored of a password.
    pub(super) async fn store_password(&self, account: AccountId, password: &str) -> Result<(), LoginError> {
        let hash = self.hasher.hash(password).await?;
        let changes = AccountChanges {
            password: Some(&hash),
            password_salt: Some(None),
            updated_at: Some(Utc::now().naive_utc()),
            ..AccountChanges::default()
        };
        Account::update(&mut *self.pool.get().await?, account, &changes).await?;
        Ok(())
    }

    /// What is stored of a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, LoginError> {
        Ok(self.hasher.hash(password).await?)
    }

    pub(super) async fn issue(&self, account: AccountId) -> Result<TokenPair, LoginError> {
        let refresh = self.sessions.issue(account.0).await?.expose().to_owned();
        Ok(TokenPair { account, access: self.tokens.access(account)?, refresh, csrf: self.tokens.csrf(account)? })
    }
}
