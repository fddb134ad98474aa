//! New workspaces.

use chrono::NaiveDateTime;
use models::account::Account;
use models::db::{AsyncConnection, AsyncPgConnection, QueryResult};
use models::plugin_preference::{AutoUpgrade, UpgradeMode, UpgradeStrategy};
use models::tenant::{BASIC_PLAN, Tenant};
use models::tenant_member::TenantMember;
use models::{AccountId, Role, TenantId, TenantStatus};
use uuid::Uuid;

use super::{WorkspaceError, Workspaces};
use crate::secrets::{SecretsError, TenantKeys};

/// A workspace whose keys are made and whose rows are not yet written.
#[derive(Debug)]
pub struct NewWorkspace {
    id: TenantId,
    name: String,
    public_key: String,
}

impl NewWorkspace {
    /// Makes the key pair, which takes a moment: call it before holding a connection.
    pub async fn prepare(keys: &TenantKeys, name: String) -> Result<Self, SecretsError> {
        let id = TenantId::random();
        let pair = keys.create(id).await?;
        Ok(Self { id, name, public_key: pair.public_pem })
    }

    /// Writes the workspace with `owner` as its owner, who from now on works in it.
    pub async fn insert(
        &self,
        conn: &mut AsyncPgConnection,
        owner: &Account,
        now: NaiveDateTime,
    ) -> QueryResult<Tenant> {
        let tenant = self.insert_owned(conn, owner, now).await?;
        TenantMember::make_current(conn, owner.id, tenant.id, now).await?;
        Ok(tenant)
    }

    /// The same, without moving the owner there.
    async fn insert_owned(
        &self,
        conn: &mut AsyncPgConnection,
        owner: &Account,
        now: NaiveDateTime,
    ) -> QueryResult<Tenant> {
        let tenant = self.insert_ownerless(conn, now).await?;
        let member = membership(tenant.id, owner.id, Role::Owner, None, now);
        TenantMember::insert(conn, &member).await?;
        Ok(tenant)
    }

    async fn insert_ownerless(&self, conn: &mut AsyncPgConnection, now: NaiveDateTime) -> QueryResult<Tenant> {
        let tenant = Tenant {
            id: self.id,
            name: self.name.clone(),
            encrypt_public_key: Some(self.public_key.clone()),
            plan: BASIC_PLAN.to_owned(),
            status: TenantStatus::Normal,
            custom_config: None,
            created_at: now,
            updated_at: now,
        };
        Tenant::insert(conn, &tenant).await?;
        let upgrades = AutoUpgrade {
            id: Uuid::new_v4(),
            tenant_id: tenant.id,
            strategy_setting: UpgradeStrategy::Disabled,
            upgrade_mode: UpgradeMode::Exclude,
            exclude_plugins: serde_json::json!([]),
            include_plugins: serde_json::json!([]),
            upgrade_time_of_day: 0,
            created_at: now,
            updated_at: now,
        };
        AutoUpgrade::upsert(conn, &upgrades).await?;
        Ok(tenant)
    }
}

/// A membership that is about to be.
pub(crate) fn membership(
    tenant: TenantId,
    account: AccountId,
    role: Role,
    invited_by: Option<AccountId>,
    now: NaiveDateTime,
) -> TenantMember {
    TenantMember {
        id: Uuid::new_v4(),
        tenant_id: tenant,
        account_id: account,
        current: false,
        role,
        invited_by,
        created_at: now,
        updated_at: now,
    }
}

impl Workspaces {
    /// Makes a workspace for an existing account.
    pub async fn create(&self, keys: &TenantKeys, owner: &Account, name: &str) -> Result<Tenant, WorkspaceError> {
        let workspace = NewWorkspace::prepare(keys, name.to_owned()).await?;
        let now = chrono::Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        Ok(conn.transaction(async |conn| workspace.insert(conn, owner, now).await).await?)
    }

    /// Makes a workspace for the account with that address, which stays where it works unless it works nowhere; `None`
    /// if there is no such account.
    pub async fn create_for_owner_email(
        &self,
        keys: &TenantKeys,
        email: &str,
        name: &str,
    ) -> Result<Option<Tenant>, WorkspaceError> {
        let Some(owner) = Account::find_by_email(&mut *self.pool.get().await?, email).await? else {
            return Ok(None);
        };
        let workspace = NewWorkspace::prepare(keys, name.to_owned()).await?;
        let now = chrono::Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        let tenant = conn
            .transaction(async |conn| {
                let known = TenantMember::account_with_current(conn, owner.id).await?;
                let works_somewhere = known.is_some_and(|(_, current)| current.is_some());
                if works_somewhere {
                    workspace.insert_owned(conn, &owner, now).await
                } else {
                    workspace.insert(conn, &owner, now).await
                }
            })
            .await?;
        Ok(Some(tenant))
    }

    /// Makes a workspace that nobody belongs to yet.
    pub async fn create_ownerless(&self, keys: &TenantKeys, name: &str) -> Result<Tenant, WorkspaceError> {
        let workspace = NewWorkspace::prepare(keys, name.to_owned()).await?;
        let now = chrono::Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        Ok(conn.transaction(async |conn| workspace.insert_ownerless(conn, now).await).await?)
    }
}
