//! What an app asks of its callers beside a key.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_app_rules as rules;
use crate::{AppId, TenantId};

/// The rules of an app; apps without a row have none.
#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = rules, check_for_backend(diesel::pg::Pg))]
pub struct AppRule {
    pub app_id: AppId,
    pub tenant_id: TenantId,
    /// In CIDR notation; empty admits every address.
    pub allowed_networks: Vec<String>,
    /// Encrypted with the workspace's key.
    pub signing_secret: Option<String>,
    pub updated_at: NaiveDateTime,
}

impl AppRule {
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, app: AppId) -> QueryResult<Option<Self>> {
        let row = Self::query().filter(rules::tenant_id.eq(tenant)).filter(rules::app_id.eq(app));
        row.first(conn).await.optional()
    }

    /// Sets the networks of an app of the workspace.
    pub async fn set_networks(
        conn: &mut AsyncPgConnection,
        (tenant, app): (TenantId, AppId),
        networks: &[String],
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let new = Self {
            app_id: app,
            tenant_id: tenant,
            allowed_networks: networks.to_vec(),
            signing_secret: None,
            updated_at: now,
        };
        diesel::insert_into(rules::table)
            .values(&new)
            .on_conflict(rules::app_id)
            .do_update()
            .set((rules::allowed_networks.eq(networks), rules::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }

    /// Sets or removes the secret of an app of the workspace.
    pub async fn set_secret(
        conn: &mut AsyncPgConnection,
        (tenant, app): (TenantId, AppId),
        secret: Option<&str>,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let new = Self {
            app_id: app,
            tenant_id: tenant,
            allowed_networks: Vec::new(),
            signing_secret: secret.map(str::to_owned),
            updated_at: now,
        };
        diesel::insert_into(rules::table)
            .values(&new)
            .on_conflict(rules::app_id)
            .do_update()
            .set((rules::signing_secret.eq(secret), rules::updated_at.eq(now)))
            .execute(conn)
            .await
            .map(drop)
    }
}
