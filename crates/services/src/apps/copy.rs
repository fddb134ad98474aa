//! Copies of apps.

use models::account::Account;
use models::site_placeholder;
use models::{AppId, IconType, TenantId};

use super::create::NewAppRequest;
use super::read::AppDetail;
use super::{AppError, Apps};

/// What the copy has different from its original; `None` keeps the original's.
#[derive(Debug, Default)]
pub struct CopyRequest<'a> {
    pub name: Option<&'a str>,
    pub description: Option<&'a str>,
    pub icon_type: Option<IconType>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
}

impl Apps {
    /// Copies an app with its saved configuration. Keys, conversations and statistics stay with the original.
    pub async fn copy(
        &self,
        tenant: TenantId,
        author: &Account,
        original: AppId,
        request: &CopyRequest<'_>,
    ) -> Result<AppDetail, AppError> {
        let original = self.detail(tenant, original).await?;
        let app = &original.app;
        if !app.mode.is_easy() {
            return Err(AppError::CannotCopy(app.mode));
        }
        let new = NewAppRequest {
            name: request.name.filter(|n| !n.is_empty()).unwrap_or(&app.name),
            mode: app.mode,
            description: request.description.unwrap_or(&app.description),
            icon_type: request.icon_type.or(app.icon_type),
            icon: request.icon.or(app.icon.as_deref()),
            icon_background: request.icon_background.or(app.icon_background.as_deref()),
        };
        let document = original.config.map(|config| config.document);
        let mut copied = self.insert(tenant, author, &new, document, original.site.as_ref()).await?;
        if let (Some(text), Some(page)) = (original.input_placeholder, &copied.site) {
            site_placeholder::set(&mut *self.pool.get().await?, page.id, &text).await?;
            copied.input_placeholder = Some(text);
        }
        Ok(copied)
    }
}
