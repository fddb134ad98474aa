//! Apps as they appear on a workspace's explore page. Every app has one row for its own workspace.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::installed_apps;
use crate::{AppId, InstalledAppId, TenantId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = installed_apps, check_for_backend(diesel::pg::Pg))]
pub struct InstalledApp {
    pub id: InstalledAppId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub app_owner_tenant_id: TenantId,
    pub position: i32,
    pub is_pinned: bool,
    pub last_used_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
}

impl InstalledApp {
    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(installed_apps::table).values(new).execute(conn).await.map(drop)
    }
}
