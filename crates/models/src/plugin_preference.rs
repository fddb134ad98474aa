//! Who may install plugins, and how they are upgraded.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{account_plugin_permissions as permissions, tenant_plugin_auto_upgrade_strategies as strategies};

text_enum! {
    PluginRight {
        Everyone => "everyone",
        Admins => "admins",
        Noone => "noone",
    }
}

text_enum! {
    UpgradeStrategy {
        Disabled => "disabled",
        FixOnly => "fix_only",
        Latest => "latest",
    }
}

text_enum! {
    UpgradeMode {
        All => "all",
        Partial => "partial",
        Exclude => "exclude",
    }
}

#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = permissions, check_for_backend(diesel::pg::Pg))]
pub struct PluginPermission {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub install_permission: PluginRight,
    pub debug_permission: PluginRight,
}

impl PluginPermission {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Option<Self>> {
        Self::query().filter(permissions::tenant_id.eq(tenant)).first(conn).await.optional()
    }

    pub async fn upsert(conn: &mut AsyncPgConnection, row: &Self) -> QueryResult<()> {
        diesel::insert_into(permissions::table)
            .values(row)
            .on_conflict(permissions::tenant_id)
            .do_update()
            .set((
                permissions::install_permission.eq(row.install_permission),
                permissions::debug_permission.eq(row.debug_permission),
            ))
            .execute(conn)
            .await
            .map(drop)
    }
}

#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = strategies, check_for_backend(diesel::pg::Pg))]
pub struct AutoUpgrade {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub strategy_setting: UpgradeStrategy,
    pub upgrade_mode: UpgradeMode,
    /// A JSON list of plugin ids, as is `include_plugins`.
    pub exclude_plugins: serde_json::Value,
    pub include_plugins: serde_json::Value,
    /// Seconds of the day.
    pub upgrade_time_of_day: i32,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl AutoUpgrade {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Option<Self>> {
        Self::query().filter(strategies::tenant_id.eq(tenant)).first(conn).await.optional()
    }

    pub async fn upsert(conn: &mut AsyncPgConnection, row: &Self) -> QueryResult<()> {
        diesel::insert_into(strategies::table)
            .values(row)
            .on_conflict(strategies::tenant_id)
            .do_update()
            .set((
                strategies::strategy_setting.eq(row.strategy_setting),
                strategies::upgrade_mode.eq(row.upgrade_mode),
                strategies::exclude_plugins.eq(&row.exclude_plugins),
                strategies::include_plugins.eq(&row.include_plugins),
                strategies::upgrade_time_of_day.eq(row.upgrade_time_of_day),
                strategies::updated_at.eq(row.updated_at),
            ))
            .execute(conn)
            .await
            .map(drop)
    }
}
