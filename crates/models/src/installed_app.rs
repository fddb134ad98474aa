//! Apps as they appear on a workspace's explore page. Every app has one row for its own workspace; public ones may have more,
//! for workspaces that have installed them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::{App, NORMAL};
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{apps, installed_apps, recommended_apps};
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

/// More than anybody looks at.
const MOST: i64 = 5000;

impl InstalledApp {
    /// Those of a workspace with their apps: pinned ones first, then those that were used last. `app`: only that one.
    pub async fn of_tenant(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: Option<AppId>,
    ) -> QueryResult<Vec<(Self, App)>> {
        let mut query = installed_apps::table
            .inner_join(apps::table.on(apps::id.eq(installed_apps::app_id)))
            .filter(installed_apps::tenant_id.eq(tenant))
            .filter(apps::status.eq(NORMAL))
            .into_boxed();
        if let Some(app) = app {
            query = query.filter(installed_apps::app_id.eq(app));
        }
        query
            .select((Self::as_select(), App::as_select()))
            .order((
                installed_apps::is_pinned.desc(),
                installed_apps::last_used_at.desc().nulls_last(),
                installed_apps::created_at.desc(),
                installed_apps::id,
            ))
            .limit(MOST)
            .load(conn)
            .await
    }

    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: InstalledAppId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(installed_apps::tenant_id.eq(tenant))
            .filter(installed_apps::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// Whether there was one to pin, or to pin no longer.
    pub async fn pin(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: InstalledAppId,
        pinned: bool,
    ) -> QueryResult<bool> {
        let row = installed_apps::table.filter(installed_apps::tenant_id.eq(tenant)).filter(installed_apps::id.eq(id));
        let rows = diesel::update(row).set(installed_apps::is_pinned.eq(pinned)).execute(conn).await?;
        Ok(rows > 0)
    }

    /// Notes that one is used now.
    pub async fn used(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: InstalledAppId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let row = installed_apps::table.filter(installed_apps::tenant_id.eq(tenant)).filter(installed_apps::id.eq(id));
        diesel::update(row).set(installed_apps::last_used_at.eq(now)).execute(conn).await.map(drop)
    }

    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: InstalledAppId) -> QueryResult<()> {
        let row = installed_apps::table.filter(installed_apps::tenant_id.eq(tenant)).filter(installed_apps::id.eq(id));
        diesel::delete(row).execute(conn).await.map(drop)
    }

    /// Whether this installation recommends an app to all workspaces.
    pub async fn is_recommended(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(recommended_apps::table.filter(recommended_apps::app_id.eq(app))))
            .get_result(conn)
            .await
    }

    /// The workspace of an app that every workspace may install; `None` where there is none, or it is not public.
    pub async fn public_owner(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Option<TenantId>> {
        apps::table
            .filter(apps::id.eq(app))
            .filter(apps::status.eq(NORMAL))
            .filter(apps::is_public.eq(true))
            .select(apps::tenant_id)
            .first(conn)
            .await
            .optional()
    }

    /// Adds a row and counts it, unless the workspace has the app already.
    pub async fn install(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        let rows =
            diesel::insert_into(installed_apps::table).values(new).on_conflict_do_nothing().execute(conn).await?;
        if rows > 0 {
            diesel::update(recommended_apps::table.filter(recommended_apps::app_id.eq(new.app_id)))
                .set(recommended_apps::install_count.eq(recommended_apps::install_count + 1))
                .execute(conn)
                .await?;
        }
        Ok(())
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(installed_apps::table).values(new).execute(conn).await.map(drop)
    }
}
