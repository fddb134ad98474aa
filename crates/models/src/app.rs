//! Apps: what a person builds, publishes and calls.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{apps, tenants};
use crate::{AccountId, AppId, AppMode, AppModelConfigId, IconType, TenantId, TenantStatus, WorkflowId};

/// The `status` of an app that may be used.
pub const NORMAL: &str = "normal";

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = apps, check_for_backend(diesel::pg::Pg))]
pub struct App {
    pub id: AppId,
    pub tenant_id: TenantId,
    pub name: String,
    pub description: String,
    pub mode: AppMode,
    pub icon_type: Option<IconType>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    pub app_model_config_id: Option<AppModelConfigId>,
    /// The published version.
    pub workflow_id: Option<WorkflowId>,
    pub status: String,
    pub enable_site: bool,
    pub enable_api: bool,
    pub tracing: Option<String>,
    pub max_active_requests: Option<i32>,
    pub created_by: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
    pub use_icon_as_answer_icon: bool,
}

/// A new app; times are the caller's, so that all rows of one act share them.
#[derive(Debug, Insertable)]
#[diesel(table_name = apps)]
pub struct NewApp<'a> {
    pub id: AppId,
    pub tenant_id: TenantId,
    pub name: &'a str,
    pub description: &'a str,
    pub mode: AppMode,
    pub icon_type: Option<IconType>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
    pub app_model_config_id: Option<AppModelConfigId>,
    pub enable_site: bool,
    pub enable_api: bool,
    pub use_icon_as_answer_icon: bool,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: AccountId,
    pub updated_at: NaiveDateTime,
}

/// What may be changed of an app; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = apps)]
pub struct AppChanges<'a> {
    pub name: Option<&'a str>,
    pub description: Option<&'a str>,
    pub icon_type: Option<Option<IconType>>,
    pub icon: Option<Option<&'a str>>,
    pub icon_background: Option<Option<&'a str>>,
    pub app_model_config_id: Option<AppModelConfigId>,
    pub workflow_id: Option<WorkflowId>,
    pub enable_site: Option<bool>,
    pub enable_api: Option<bool>,
    pub max_active_requests: Option<Option<i32>>,
    pub use_icon_as_answer_icon: Option<bool>,
    pub updated_by: Option<AccountId>,
    pub updated_at: Option<NaiveDateTime>,
}

impl App {
    /// An app of the workspace in status `normal`.
    pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: AppId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(apps::tenant_id.eq(tenant))
            .filter(apps::id.eq(id))
            .filter(apps::status.eq(NORMAL))
            .first(conn)
            .await
            .optional()
    }

    /// An app by its id alone, whatever its status, with its workspace's status: for callers whose proof (an API key, a
    /// passport) names the app.
    pub async fn with_tenant_status(
        conn: &mut AsyncPgConnection,
        id: AppId,
    ) -> QueryResult<Option<(Self, Option<TenantStatus>)>> {
        apps::table
            .left_join(tenants::table.on(tenants::id.eq(apps::tenant_id)))
            .filter(apps::id.eq(id))
            .select((Self::as_select(), tenants::status.nullable()))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &NewApp<'_>) -> QueryResult<Self> {
        diesel::insert_into(apps::table).values(new).returning(Self::as_returning()).get_result(conn).await
    }

    /// Changes an app of the workspace; `None` if there is none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: AppId,
        changes: &AppChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(apps::table.filter(apps::tenant_id.eq(tenant)).filter(apps::id.eq(id)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Removes the row; what belongs to the app is removed by a job. `false` if there was none.
    pub async fn delete(conn: &mut AsyncPgConnection, tenant: TenantId, id: AppId) -> QueryResult<bool> {
        let rows = diesel::delete(apps::table.filter(apps::tenant_id.eq(tenant)).filter(apps::id.eq(id)))
            .execute(conn)
            .await?;
        Ok(rows > 0)
    }
}
