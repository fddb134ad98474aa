//! Invitations: a token in a link that stands for an account and the workspace that waits for it.

use std::time::Duration;

use models::account::Account;
use models::tenant::Tenant;
use models::tenant_member::TenantMember;
use models::{AccountId, AccountStatus, TenantId, TenantStatus};
use serde::{Deserialize, Serialize};
use sessions::{Token, TokenKind};

use super::Accounts;
use super::error::LoginError;

/// Dify's key, so that invitations that are on their way when an installation is adopted stay good.
const KIND: TokenKind = TokenKind("member_invite");

/// What the token stands for, in Dify's form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub account_id: AccountId,
    pub email: String,
    pub workspace_id: TenantId,
}

/// An invitation that still holds, with whom and what it is about.
#[derive(Debug)]
pub struct Invitee {
    pub account: Account,
    pub tenant: Tenant,
    /// Where it was sent.
    pub email: String,
}

impl Accounts {
    pub(crate) async fn invite(&self, invitation: &Invitation, life: Duration) -> Result<Token, LoginError> {
        Ok(self.sessions.issue_one_time(KIND, invitation, life).await?)
    }

    /// Whom a token invites; `None` when it is over, the workspace is gone, or the account is no member any more.
    pub async fn invitee(&self, token: &str) -> Result<Option<Invitee>, LoginError> {
        let held: Option<Invitation> = self.sessions.peek_one_time(KIND, token).await?;
        let Some(held) = held else { return Ok(None) };
        let mut conn = self.pool.get().await?;
        let tenant = Tenant::find(&mut conn, held.workspace_id).await?;
        let Some(tenant) = tenant.filter(|tenant| tenant.status == TenantStatus::Normal) else { return Ok(None) };
        if TenantMember::find(&mut conn, tenant.id, held.account_id).await?.is_none() {
            return Ok(None);
        }
        let account = Account::find(&mut conn, held.account_id).await?;
        let may_come = |account: &Account| !matches!(account.status, AccountStatus::Banned | AccountStatus::Closed);
        Ok(account.filter(may_come).map(|account| Invitee { account, tenant, email: held.email }))
    }

    /// Uses an invitation up; of two that race one does.
    pub(crate) async fn accept(&self, token: &str) -> Result<bool, LoginError> {
        Ok(self.sessions.take_one_time::<Invitation>(KIND, token).await?.is_some())
    }
}
