//! The published page of an app.

use chrono::Utc;
use models::account::Account;
use models::site::{Site, SiteChanges};
use models::site_placeholder;
use models::{AppId, TenantId};

use super::create::SITE_CODE_LENGTH;
use super::icon::Icon;
use super::{AppError, Apps};
use crate::random_text;

/// What may be changed of a page; `None` leaves a field as it is.
pub type SiteUpdate<'a> = SiteChanges<'a>;

/// A page after a change.
#[derive(Debug, Clone)]
pub struct ChangedSite {
    pub site: Site,
    pub input_placeholder: Option<String>,
}

impl Apps {
    /// Changes the page of an app; an empty placeholder takes the old one away, `None` leaves it.
    pub async fn update_site(
        &self,
        tenant: TenantId,
        by: &Account,
        app: AppId,
        update: SiteUpdate<'_>,
        input_placeholder: Option<&str>,
    ) -> Result<ChangedSite, AppError> {
        let app = self.find(tenant, app).await?;
        let mut conn = self.pool.get().await?;
        let old = Site::find_by_app(&mut conn, app.id).await?.ok_or(AppError::NoSite)?;
        let icon = Icon { kind: update.icon_type.or(old.icon_type), icon: update.icon.or(old.icon.as_deref()) };
        let shown = Icon { kind: old.icon_type, icon: old.icon.as_deref() };
        icon.require_changed(&mut conn, tenant, shown).await?;
        let changes = SiteChanges { updated_by: Some(by.id), updated_at: Some(Utc::now().naive_utc()), ..update };
        let site = Site::update(&mut conn, app.id, &changes).await?.ok_or(AppError::NoSite)?;
        if let Some(text) = input_placeholder {
            site_placeholder::set(&mut conn, site.id, text).await?;
        }
        let input_placeholder = site_placeholder::find(&mut conn, site.id).await?;
        drop(conn);
        self.watch.app_changed(tenant, app.id, old.code.as_deref()).await;
        Ok(ChangedSite { site, input_placeholder })
    }

    /// Gives the page another public code; the old one leads nowhere from now on.
    pub async fn reset_site_code(&self, tenant: TenantId, by: &Account, app: AppId) -> Result<ChangedSite, AppError> {
        let code = random_text(SITE_CODE_LENGTH);
        self.update_site(tenant, by, app, SiteUpdate { code: Some(&code), ..SiteUpdate::default() }, None).await
    }
}
