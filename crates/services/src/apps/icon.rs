//! What may be an app's icon: anything, but a picture must be a file of the workspace.

use models::app::App;
use models::db::AsyncPgConnection;
use models::{IconType, TenantId};

use super::{AppError, NewAppRequest};
use crate::pictures::is_upload;

/// An icon of an app or of its page, as a row would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Icon<'a> {
    pub(super) kind: Option<IconType>,
    pub(super) icon: Option<&'a str>,
}

impl<'a> Icon<'a> {
    pub(super) fn of(app: &'a App) -> Self {
        Self { kind: app.icon_type, icon: app.icon.as_deref() }
    }

    pub(super) const fn asked(request: &NewAppRequest<'a>) -> Self {
        Self { kind: request.icon_type, icon: request.icon }
    }

    /// # Errors
    /// `NoSuchPicture`.
    pub(super) async fn require(self, conn: &mut AsyncPgConnection, tenant: TenantId) -> Result<(), AppError> {
        let picture = self.icon.filter(|icon| self.kind == Some(IconType::Image) && !icon.is_empty());
        match picture {
            Some(picture) if !is_upload(conn, tenant, picture).await? => Err(AppError::NoSuchPicture),
            Some(_) | None => Ok(()),
        }
    }

    /// The same, unless it is what is shown already: its file may be gone by now.
    pub(super) async fn require_changed(
        self,
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        shown: Icon<'_>,
    ) -> Result<(), AppError> {
        if self == shown { Ok(()) } else { self.require(conn, tenant).await }
    }
}
