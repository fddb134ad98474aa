//! Workspaces: which there are, which one an account works in, and who belongs to it.

mod create;
mod error;
mod members;

use models::account::Account;
use models::db::{AsyncConnection, Pool};
use models::tenant::{Tenant, TenantChanges};
use models::tenant_member::TenantMember;
use models::{AccountId, Role, TenantId};

pub use create::NewWorkspace;
pub(crate) use create::membership;
pub use error::WorkspaceError;

/// Workspaces of the installation; cheap to clone.
#[derive(Clone)]
pub struct Workspaces {
    pool: Pool,
}

impl Workspaces {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The account's workspaces, with its role in each and which one is current.
    pub async fn list(&self, account: AccountId) -> Result<Vec<(TenantMember, Tenant)>, WorkspaceError> {
        Ok(TenantMember::of_account(&mut *self.pool.get().await?, account).await?)
    }

    /// Moves the account to another of its workspaces.
    pub async fn switch(&self, account: AccountId, to: TenantId) -> Result<(Tenant, Role), WorkspaceError> {
        let mut conn = self.pool.get().await?;
        let all = TenantMember::of_account(&mut conn, account).await?;
        let (member, tenant) = all.into_iter().find(|(_, t)| t.id == to).ok_or(WorkspaceError::NotAMember)?;
        conn.transaction(async |conn| {
            TenantMember::make_current(conn, account, to, chrono::Utc::now().naive_utc()).await
        })
        .await?;
        Ok((tenant, member.role))
    }

    /// Moves an account out of an archived workspace into its first one that is not.
    pub async fn leave_archived(&self, account: AccountId) -> Result<(Tenant, Role), WorkspaceError> {
        let all = self.list(account).await?;
        let (_, first) = all.first().ok_or(WorkspaceError::Archived)?;
        self.switch(account, first.id).await
    }

    pub async fn rename(&self, tenant: TenantId, name: &str) -> Result<Tenant, WorkspaceError> {
        let changes = TenantChanges {
            name: Some(name),
            updated_at: Some(chrono::Utc::now().naive_utc()),
            ..TenantChanges::default()
        };
        Tenant::update(&mut *self.pool.get().await?, tenant, &changes).await?.ok_or(WorkspaceError::NotFound)
    }

    /// All workspaces of the installation, a page at a time, newest first.
    pub async fn page(&self, limit: i64, offset: i64) -> Result<(Vec<Tenant>, i64), WorkspaceError> {
        Ok(Tenant::page(&mut *self.pool.get().await?, limit, offset).await?)
    }

    /// Members with their accounts, oldest first.
    pub async fn members(&self, tenant: TenantId) -> Result<Vec<(TenantMember, Account)>, WorkspaceError> {
        Ok(TenantMember::of_tenant(&mut *self.pool.get().await?, tenant).await?)
    }
}
