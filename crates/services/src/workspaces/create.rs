//! New workspaces.

use chrono::NaiveDateTime;
use models::account::Account;
use models::db::{AsyncPgConnection, QueryResult};
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
        let member = membership(tenant.id, owner.id, Role::Owner, None, now);
        TenantMember::insert(conn, &member).await?;
        TenantMember::make_current(conn, owner.id, tenant.id, now).await?;
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

pub(super) fn membership(
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
        use models::db::AsyncConnection;
        let workspace = NewWorkspace::prepare(keys, name.to_owned()).await?;
        let now = chrono::Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        Ok(conn.transaction(async |conn| workspace.insert(conn, owner, now).await).await?)
    }
}
