//! What a workspace prefers about plugins. There is no plugin daemon in this release: nothing can be installed, the
//! preferences are kept all the same.

use chrono::Utc;
use models::TenantId;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::plugin_preference::{AutoUpgrade, PluginPermission, PluginRight, UpgradeMode, UpgradeStrategy};
use uuid::Uuid;

/// What can go wrong with plugin preferences.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for PluginError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for PluginError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Who may do what with plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    pub install: PluginRight,
    pub debug: PluginRight,
}

/// How plugins are upgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrades {
    pub strategy: UpgradeStrategy,
    pub mode: UpgradeMode,
    pub exclude: Vec<String>,
    pub include: Vec<String>,
    /// Seconds of the day.
    pub time_of_day: i32,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { install: PluginRight::Everyone, debug: PluginRight::Everyone }
    }
}

impl Default for Upgrades {
    fn default() -> Self {
        Self {
            strategy: UpgradeStrategy::Disabled,
            mode: UpgradeMode::Exclude,
            exclude: Vec::new(),
            include: Vec::new(),
            time_of_day: 0,
        }
    }
}

/// Plugin preferences; cheap to clone.
#[derive(Clone)]
pub struct Plugins {
    pool: Pool,
}

impl Plugins {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    pub async fn permissions(&self, tenant: TenantId) -> Result<Permissions, PluginError> {
        let row = PluginPermission::find(&mut *self.pool.get().await?, tenant).await?;
        Ok(row.map_or_else(Permissions::default, |row| Permissions {
            install: row.install_permission,
            debug: row.debug_permission,
        }))
    }

    pub async fn upgrades(&self, tenant: TenantId) -> Result<Upgrades, PluginError> {
        let row = AutoUpgrade::find(&mut *self.pool.get().await?, tenant).await?;
        Ok(row.map_or_else(Upgrades::default, |row| Upgrades {
            strategy: row.strategy_setting,
            mode: row.upgrade_mode,
            exclude: texts(&row.exclude_plugins),
            include: texts(&row.include_plugins),
            time_of_day: row.upgrade_time_of_day,
        }))
    }

    pub async fn set_permissions(&self, tenant: TenantId, new: Permissions) -> Result<(), PluginError> {
        let row = PluginPermission {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            install_permission: new.install,
            debug_permission: new.debug,
        };
        Ok(PluginPermission::upsert(&mut *self.pool.get().await?, &row).await?)
    }

    pub async fn set_upgrades(&self, tenant: TenantId, new: &Upgrades) -> Result<(), PluginError> {
        let now = Utc::now().naive_utc();
        let row = AutoUpgrade {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            strategy_setting: new.strategy,
            upgrade_mode: new.mode,
            exclude_plugins: new.exclude.iter().map(String::as_str).collect(),
            include_plugins: new.include.iter().map(String::as_str).collect(),
            upgrade_time_of_day: new.time_of_day,
            created_at: now,
            updated_at: now,
        };
        Ok(AutoUpgrade::upsert(&mut *self.pool.get().await?, &row).await?)
    }

    /// Leaves one plugin out of upgrades, in whichever way the mode asks for.
    pub async fn exclude_from_upgrades(&self, tenant: TenantId, plugin: &str) -> Result<(), PluginError> {
        let mut upgrades = self.upgrades(tenant).await?;
        match upgrades.mode {
            UpgradeMode::Exclude | UpgradeMode::Unknown => add(&mut upgrades.exclude, plugin),
            UpgradeMode::Partial => upgrades.include.retain(|id| id != plugin),
            UpgradeMode::All => {
                upgrades.mode = UpgradeMode::Exclude;
                upgrades.exclude = vec![plugin.to_owned()];
            }
        }
        self.set_upgrades(tenant, &upgrades).await
    }
}

fn add(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|known| known == id) {
        list.push(id.to_owned());
    }
}

fn texts(list: &serde_json::Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
