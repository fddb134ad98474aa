//! Copies of apps.

use models::account::Account;
use models::site_placeholder;
use models::workflow::Workflow;
use models::{AppId, IconType, TenantId};

use super::create::{NewAppParts, NewAppRequest};
use super::icon::Icon;
use super::read::AppDetail;
use super::{AppError, Apps};
use crate::workflows::{CheckedDraft, WORKFLOW_MODES};

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
    /// Copies an app with its saved configuration, or the draft of its workflow. Keys, conversations and statistics stay with the original.
    pub async fn copy(
        &self,
        tenant: TenantId,
        author: &Account,
        original: AppId,
        request: &CopyRequest<'_>,
    ) -> Result<AppDetail, AppError> {
        let original = self.detail(tenant, original).await?;
        let app = &original.app;
        let draft = if app.mode.is_easy() {
            None
        } else if WORKFLOW_MODES.contains(&app.mode) {
            Workflow::draft(&mut *self.pool.get().await?, tenant, app.id).await?
        } else {
            return Err(AppError::CannotCopy(app.mode));
        };
        let new = NewAppRequest {
            name: request.name.filter(|n| !n.is_empty()).unwrap_or(&app.name),
            mode: app.mode,
            description: request.description.unwrap_or(&app.description),
            icon_type: request.icon_type.or(app.icon_type),
            icon: request.icon.or(app.icon.as_deref()),
            icon_background: request.icon_background.or(app.icon_background.as_deref()),
        };
        Icon::asked(&new).require_changed(&mut *self.pool.get().await?, tenant, Icon::of(app)).await?;
        let document = original.config.map(|config| config.document);
        let parts = NewAppParts {
            document,
            draft: draft.map(CheckedDraft::copy_of),
            page: original.site.as_ref(),
            use_icon_as_answer_icon: app.use_icon_as_answer_icon,
        };
        let mut copied = self.insert(tenant, author, &new, parts).await?;
        if let (Some(text), Some(page)) = (original.input_placeholder, &copied.site) {
            site_placeholder::set(&mut *self.pool.get().await?, page.id, &text).await?;
            copied.input_placeholder = Some(text);
        }
        Ok(copied)
    }
}
