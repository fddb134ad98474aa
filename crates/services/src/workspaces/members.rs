//! Changing who belongs to a workspace.

use chrono::Utc;
use models::db::AsyncConnection;
use models::tenant_member::TenantMember;
use models::{AccountId, Role, TenantId};

use super::{WorkspaceError, Workspaces};

impl Workspaces {
    /// Removes a member; `by` is an owner.
    pub async fn remove_member(
        &self,
        tenant: TenantId,
        by: AccountId,
        member: AccountId,
    ) -> Result<(), WorkspaceError> {
        if by == member {
            return Err(WorkspaceError::Myself);
        }
        let mut conn = self.pool.get().await?;
        let found = TenantMember::find(&mut conn, tenant, member).await?.ok_or(WorkspaceError::NoSuchMember)?;
        if found.role == Role::Owner {
            return Err(WorkspaceError::NotAllowed("remove"));
        }
        TenantMember::delete(&mut conn, tenant, member).await?;
        Ok(())
    }

    /// Gives a member another role. Who is made owner takes the place of the old one, who becomes an administrator.
    pub async fn change_role(
        &self,
        tenant: TenantId,
        by: AccountId,
        member: AccountId,
        role: Role,
    ) -> Result<(), WorkspaceError> {
        if by == member {
            return Err(WorkspaceError::Myself);
        }
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let found = TenantMember::find(conn, tenant, member).await?.ok_or(WorkspaceError::NoSuchMember)?;
            if found.role == role {
                return Err(WorkspaceError::SameRole);
            }
            if role == Role::Owner {
                TenantMember::demote_owners(conn, tenant, now).await?;
            }
            TenantMember::set_role(conn, tenant, member, role, now).await?;
            Ok(())
        })
        .await
    }
}
