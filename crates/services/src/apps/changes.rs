//! Changing an app itself.

use chrono::Utc;
use models::account::Account;
use models::app::{App, AppChanges as RowChanges};
use models::site::Site;
use models::{AppId, IconType, TenantId};

use super::icon::Icon;
use super::read::{AppDetail, detail_of};
use super::{AppError, Apps};

/// What the edit form sends: everything, missing parts as their empty values.
#[derive(Debug)]
pub struct AppUpdate<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub icon_type: Option<IconType>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
    pub use_icon_as_answer_icon: bool,
    pub max_active_requests: Option<i32>,
}

impl Apps {
    pub async fn update(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        update: &AppUpdate<'_>,
    ) -> Result<AppDetail, AppError> {
        let changes = RowChanges {
            name: Some(update.name),
            description: Some(update.description),
            icon_type: update.icon_type.map(Some),
            icon: Some(update.icon),
            icon_background: Some(update.icon_background),
            use_icon_as_answer_icon: Some(update.use_icon_as_answer_icon),
            max_active_requests: Some(update.max_active_requests),
            ..RowChanges::default()
        };
        self.apply(tenant, by, id, changes).await
    }

    pub async fn rename(&self, tenant: TenantId, by: &Account, id: AppId, name: &str) -> Result<AppDetail, AppError> {
        self.apply(tenant, by, id, RowChanges { name: Some(name), ..RowChanges::default() }).await
    }

    pub async fn set_icon(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        icon: &str,
        background: &str,
    ) -> Result<AppDetail, AppError> {
        let changes =
            RowChanges { icon: Some(Some(icon)), icon_background: Some(Some(background)), ..RowChanges::default() };
        self.apply(tenant, by, id, changes).await
    }

    /// Opens or closes the app's page.
    pub async fn enable_site(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        enabled: bool,
    ) -> Result<AppDetail, AppError> {
        self.apply(tenant, by, id, RowChanges { enable_site: Some(enabled), ..RowChanges::default() }).await
    }

    /// Opens or closes the app's API.
    pub async fn enable_api(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        enabled: bool,
    ) -> Result<AppDetail, AppError> {
        self.apply(tenant, by, id, RowChanges { enable_api: Some(enabled), ..RowChanges::default() }).await
    }

    /// Tells whoever keeps apps in memory that somebody else changed one.
    pub(crate) async fn tell_changed(&self, tenant: TenantId, id: AppId) -> Result<(), AppError> {
        let site = Site::find_by_app(&mut *self.pool.get().await?, id).await?;
        let code = site.and_then(|site| site.code);
        self.watch.app_changed(tenant, id, code.as_deref()).await;
        Ok(())
    }

    pub(super) async fn apply(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        changes: RowChanges<'_>,
    ) -> Result<AppDetail, AppError> {
        let mut conn = self.pool.get().await?;
        let old = App::find(&mut conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        let icon = Icon {
            kind: changes.icon_type.unwrap_or(old.icon_type),
            icon: changes.icon.unwrap_or(old.icon.as_deref()),
        };
        icon.require_changed(&mut conn, tenant, Icon::of(&old)).await?;
        let changes = RowChanges { updated_by: Some(by.id), updated_at: Some(Utc::now().naive_utc()), ..changes };
        let app = App::update(&mut conn, tenant, id, &changes).await?.ok_or(AppError::NotFound)?;
        let detail = detail_of(&mut conn, app).await?;
        drop(conn);
        let code = detail.site.as_ref().and_then(|site| site.code.as_deref());
        self.watch.app_changed(tenant, id, code).await;
        Ok(detail)
    }
}
