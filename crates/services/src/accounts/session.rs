//! Using, renewing and ending a session.

use std::sync::atomic::Ordering;

use chrono::{Duration, Utc};
use models::account::{Account, AccountChanges};
use models::tenant::Tenant;
use models::tenant_member::TenantMember;
use models::{AccountId, AccountStatus, Role, TenantId};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::error::{LoginError, SessionError};
use super::login::TokenPair;
use super::{Accounts, WrongToken};

/// How often the last activity of an account is written.
const ACTIVITY_EVERY: Duration = Duration::minutes(10);

/// What a request shows as proof.
#[derive(Debug, Default)]
pub struct Presented<'a> {
    pub access_token: Option<&'a str>,
    pub csrf_header: Option<&'a str>,
    pub csrf_cookie: Option<&'a str>,
    /// Whether this route is exempt from the CSRF check.
    pub csrf_exempt: bool,
    /// Whether this browser passed the init password.
    pub init_validated: bool,
    /// `X-WORKSPACE-ID`, of use with the admin key only.
    pub workspace: Option<TenantId>,
    /// Whether accounts that are not initialised yet may pass.
    pub uninitialized_too: bool,
}

/// Who is asking, and in which workspace.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub account: Account,
    pub tenant: Tenant,
    pub role: Role,
}

impl SignedIn {
    pub fn account_id(&self) -> AccountId {
        self.account.id
    }

    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }
}

impl Accounts {
    /// Fails unless the installation was set up.
    pub async fn require_setup(&self, init_validated: bool) -> Result<(), SessionError> {
        if self.set_up.load(Ordering::Relaxed) || self.is_set_up().await? {
            return Ok(());
        }
        if self.settings.auth.init_password.is_some() && !init_validated {
            return Err(SessionError::NotValidated);
        }
        Err(SessionError::NotSetUp)
    }

    /// Who is asking: setup, login, CSRF, account state, in this order.
    pub async fn authenticate(&self, presented: &Presented<'_>) -> Result<SignedIn, SessionError> {
        self.require_setup(presented.init_validated).await?;
        let Some(token) = presented.access_token else {
            return Err(SessionError::Unauthorized("Invalid Authorization token."));
        };
        if self.is_admin_key(token) {
            return self.act_as_owner(presented.workspace).await;
        }
        let account = self.tokens.account_of(token).map_err(|e| match e {
            WrongToken::Expired => SessionError::Unauthorized("Token has expired."),
            WrongToken::Forged => SessionError::Unauthorized("Invalid token signature."),
            WrongToken::Invalid => SessionError::Unauthorized("Invalid token."),
        })?;
        let signed_in = self.load(account).await?;
        if !presented.csrf_exempt {
            self.check_csrf(account, presented)?;
        }
        if signed_in.account.status == AccountStatus::Uninitialized && !presented.uninitialized_too {
            return Err(SessionError::NotInitialized);
        }
        Ok(signed_in)
    }

    fn check_csrf(&self, account: AccountId, presented: &Presented<'_>) -> Result<(), SessionError> {
        let header = presented.csrf_header.filter(|h| !h.is_empty()).ok_or(SessionError::Csrf)?;
        let cookie = presented.csrf_cookie.ok_or(SessionError::Csrf)?;
        let same = bool::from(header.as_bytes().ct_eq(cookie.as_bytes()));
        if same && self.tokens.is_csrf_of(header, account) { Ok(()) } else { Err(SessionError::Csrf) }
    }

    /// Whether this is the key that may act as any workspace's owner.
    pub fn is_admin_key(&self, token: &str) -> bool {
        let key = self.settings.auth.admin_api_key.as_ref();
        key.is_some_and(|key| bool::from(key.expose_secret().as_bytes().ct_eq(token.as_bytes())))
    }

    async fn act_as_owner(&self, workspace: Option<TenantId>) -> Result<SignedIn, SessionError> {
        let workspace = workspace.ok_or(SessionError::Unauthorized("Invalid Authorization token."))?;
        let owner = TenantMember::owner(&mut *self.pool.get().await?, workspace).await?;
        let (_, tenant, account) = owner.ok_or(SessionError::Unauthorized("Invalid Authorization token."))?;
        Ok(SignedIn { account, tenant, role: Role::Owner })
    }

    async fn load(&self, id: AccountId) -> Result<SignedIn, SessionError> {
        let mut conn = self.pool.get().await?;
        let found = TenantMember::account_with_current(&mut conn, id).await?;
        let (account, current) = found.ok_or(SessionError::Unauthorized("Account not found."))?;
        match account.status {
            AccountStatus::Banned => return Err(SessionError::Unauthorized("Account is banned.")),
            AccountStatus::Closed => return Err(SessionError::Unauthorized("Account is closed.")),
            AccountStatus::Active | AccountStatus::Pending | AccountStatus::Uninitialized | AccountStatus::Unknown => {}
        }
        let now = Utc::now().naive_utc();
        let (member, tenant) = match current {
            Some(current) => current,
            None => {
                let mut all = TenantMember::of_account(&mut conn, id).await?.into_iter();
                let first = all.next().ok_or(SessionError::Unauthorized("Account has no workspace."))?;
                TenantMember::make_current(&mut conn, id, first.1.id, now).await?;
                first
            }
        };
        if now - account.last_active_at > ACTIVITY_EVERY {
            let changes = AccountChanges { last_active_at: Some(now), ..AccountChanges::default() };
            Account::update(&mut conn, id, &changes).await?;
        }
        Ok(SignedIn { account, tenant, role: member.role })
    }

    /// The account of an access token, for answers that say more to who is signed in.
    pub fn peek(&self, access_token: &str) -> Option<AccountId> {
        self.tokens.account_of(access_token).ok()
    }

    /// New tokens for a refresh token, which is used up.
    pub async fn refresh(&self, refresh_token: &str) -> Result<TokenPair, SessionError> {
        let rotated = self.sessions.rotate(refresh_token).await?;
        let rotated = rotated.ok_or(SessionError::Unauthorized("Invalid refresh token"))?;
        let account = AccountId(rotated.account);
        if let Err(refused) = self.load(account).await {
            self.sessions.revoke(account.0).await?;
            return Err(refused);
        }
        let refresh = rotated.token.expose().to_owned();
        Ok(TokenPair { account, access: self.tokens.access(account)?, refresh, csrf: self.tokens.csrf(account)? })
    }

    /// Ends the session of an account.
    pub async fn logout(&self, account: AccountId) -> Result<(), SessionError> {
        self.sessions.revoke(account.0).await?;
        tracing::info!(account.id = %account, "signed out");
        Ok(())
    }

    /// Opens a session without a password, for who proved otherwise who they are.
    pub async fn open_session(&self, account: AccountId) -> Result<TokenPair, LoginError> {
        self.issue(account).await
    }
}
