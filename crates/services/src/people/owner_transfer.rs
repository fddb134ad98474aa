//! Giving a workspace to another of its members.

use chrono::Utc;
use models::account::Account;
use models::db::AsyncConnection;
use models::tenant::Tenant;
use models::tenant_member::TenantMember;
use models::{AccountId, AccountStatus, Role};

use super::codes::{Held, Phase, Proof, Proven};
use super::error::PeopleError;
use super::{Asker, People, Purpose};
use crate::accounts::SignedIn;
use crate::letters::{Addressed, Language, Letter};

fn require_owner(user: &SignedIn) -> Result<(), PeopleError> {
    if user.role == Role::Owner { Ok(()) } else { Err(PeopleError::NotOwner) }
}

impl People {
    /// Mails a code to the owner.
    #[tracing::instrument(skip_all)]
    pub async fn ask_to_transfer(&self, user: &SignedIn, asker: Asker<'_>) -> Result<String, PeopleError> {
        require_owner(user)?;
        self.require_mail(asker).await?;
        self.limit_mails(Purpose::OwnerTransfer, &user.account.email).await?;
        let held = Held::new(&user.account.email).of(user.account_id()).within(user.tenant_id());
        let letter = Letter::TransferCode { workspace: user.tenant.name.clone(), code: held.code() };
        self.send(Purpose::OwnerTransfer, held, asker.language, letter).await
    }

    pub async fn prove_for_transfer(&self, user: &SignedIn, code: &str, token: &str) -> Result<Proven, PeopleError> {
        require_owner(user)?;
        let proof = Proof { email: &user.account.email, code, token };
        let held = self.prove(Purpose::OwnerTransfer, proof, Some(user.account_id()), &[Phase::Sent]).await?;
        if held.tenant != Some(user.tenant_id()) {
            return Err(PeopleError::InvalidToken);
        }
        self.advance(Purpose::OwnerTransfer, held.at(Phase::Proven)).await
    }

    /// Makes a member the owner; the old one becomes an administrator.
    #[tracing::instrument(skip_all)]
    pub async fn transfer(&self, user: &SignedIn, member: AccountId, token: &str) -> Result<(), PeopleError> {
        require_owner(user)?;
        if member == user.account_id() {
            return Err(PeopleError::TransferToSelf);
        }
        let (tenant, purpose) = (user.tenant_id(), Purpose::OwnerTransfer);
        let held = self.shown(purpose, token, Some(user.account_id()), Phase::Proven).await?;
        if held.tenant != Some(tenant) {
            return Err(PeopleError::InvalidToken);
        }
        let heir = self.heir(user, member).await?;
        self.spend(purpose, token).await?;
        let now = Utc::now().naive_utc();
        let letters = handed_over(user, &heir);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            Tenant::lock(conn, tenant).await?;
            let mine = TenantMember::find(conn, tenant, user.account_id()).await?;
            if mine.is_none_or(|mine| mine.role != Role::Owner) {
                return Err(PeopleError::NotOwner);
            }
            TenantMember::demote_owners(conn, tenant, now).await?;
            if !TenantMember::set_role(conn, tenant, member, Role::Owner, now).await? {
                return Err(PeopleError::NotAMember);
            }
            for letter in &letters {
                self.postbox.post(conn, letter).await?;
            }
            Ok(())
        })
        .await?;
        tracing::info!(tenant.id = %tenant, account.id = %member, "a workspace has another owner");
        Ok(())
    }

    async fn heir(&self, user: &SignedIn, member: AccountId) -> Result<Account, PeopleError> {
        let mut conn = self.pool.get().await?;
        TenantMember::find(&mut conn, user.tenant_id(), member).await?.ok_or(PeopleError::NotAMember)?;
        let account = Account::find(&mut conn, member).await?;
        let account = account.filter(|a| !matches!(a.status, AccountStatus::Banned | AccountStatus::Closed));
        account.ok_or(PeopleError::NotAMember)
    }
}

/// What both are told.
fn handed_over(user: &SignedIn, heir: &Account) -> [Addressed; 2] {
    let addressed = |account: &Account, letter| Addressed {
        to: account.email.clone(),
        language: Language::of(account.interface_language.as_deref()),
        letter,
        not_after: None,
    };
    let workspace = user.tenant.name.clone();
    let given = Letter::OwnershipGiven { workspace: workspace.clone(), new_owner: heir.email.clone() };
    [addressed(&user.account, given), addressed(heir, Letter::OwnershipGot { workspace })]
}
