//! Removing apps.

use models::app::App;
use models::db::{AsyncConnection, QueryError};
use models::site::Site;
use models::{AppId, TenantId};

use super::{AppError, Apps};
use crate::{annotations, purge};

impl Apps {
    /// Removes the app at once, and what belongs to it in the background.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant, app.id = %id))]
    pub async fn delete(&self, tenant: TenantId, id: AppId) -> Result<(), AppError> {
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, tenant, id).await?.ok_or(AppError::NotFound)?;
        let site = Site::find_by_app(&mut conn, id).await?;
        let keys = self.keys.of_app(id).await?;
        let deleted = conn
            .transaction(async |conn| {
                let deleted = App::delete(conn, tenant, id).await?;
                if deleted {
                    // Before the rows go that say where it is.
                    annotations::drop_index_later(conn, tenant, id).await?;
                    purge::app_later(conn, tenant, id).await?;
                }
                Ok::<_, QueryError>(deleted)
            })
            .await?;
        if !deleted {
            return Err(AppError::NotFound);
        }
        drop(conn);
        for key in keys {
            self.keys.invalidate(&key.token).await;
        }
        let code = site.and_then(|site| site.code);
        self.watch.app_changed(tenant, id, code.as_deref()).await;
        tracing::info!("removed an app");
        Ok(())
    }
}
