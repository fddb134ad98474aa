//! Apps on a workspace's explore page: its own ones, and public ones of others that it has installed.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use models::app::App;
use models::db::{AsyncConnection, DbError, Pool, PoolError, QueryError};
use models::installed_app::InstalledApp;
use models::{AppId, InstalledAppId, TenantId};

use crate::directory::{AccessError, Directory, LiveApp};

/// How exactly it is known when an app was used last.
const A_MOMENT: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug, thiserror::Error)]
pub enum InstalledAppError {
    #[error("Installed app not found")]
    NotFound,
    #[error("App not found")]
    NoSuchApp,
    #[error("You can't install a non-public app")]
    NotPublic,
    #[error("You can't uninstall an app owned by the current tenant")]
    OwnApp,
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for InstalledAppError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for InstalledAppError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct InstalledApps {
    pool: Pool,
    directory: Directory,
}

impl InstalledApps {
    pub fn new(pool: Pool, directory: Directory) -> Self {
        Self { pool, directory }
    }

    /// What the workspace has: pinned ones first, then those that were used last. `app`: only that one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        tenant: TenantId,
        app: Option<AppId>,
    ) -> Result<Vec<(InstalledApp, App)>, InstalledAppError> {
        Ok(InstalledApp::of_tenant(&mut *self.pool.get().await?, tenant, app).await?)
    }

    /// The app behind an installation of the workspace, with its published configuration.
    ///
    /// # Errors
    /// `NotFound`, or why the app cannot be used.
    pub async fn open(&self, row: &InstalledApp) -> Result<Arc<LiveApp>, InstalledAppError> {
        let app = self.directory.app(row.app_id).await?.ok_or(InstalledAppError::NotFound)?;
        app.check_usable()?;
        Ok(app)
    }

    /// An installation of the workspace.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn find(&self, tenant: TenantId, id: InstalledAppId) -> Result<InstalledApp, InstalledAppError> {
        let found = InstalledApp::find(&mut *self.pool.get().await?, tenant, id).await?;
        found.ok_or(InstalledAppError::NotFound)
    }

    /// Notes that an app is used: those that were used last stand first. What was noted a moment ago is not noted again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used(&self, row: &InstalledApp) -> Result<(), InstalledAppError> {
        let now = Utc::now().naive_utc();
        if row.last_used_at.is_some_and(|last| now - last < A_MOMENT) {
            return Ok(());
        }
        Ok(InstalledApp::used(&mut *self.pool.get().await?, row.tenant_id, row.id, now).await?)
    }

    /// # Errors
    /// `NotFound`.
    pub async fn pin(&self, tenant: TenantId, id: InstalledAppId, pinned: bool) -> Result<(), InstalledAppError> {
        let found = InstalledApp::pin(&mut *self.pool.get().await?, tenant, id, pinned).await?;
        if found { Ok(()) } else { Err(InstalledAppError::NotFound) }
    }

    /// Puts an app that is recommended to all on the workspace's page; one that is there already stays.
    ///
    /// # Errors
    /// `NoSuchApp`, or `NotPublic`.
    pub async fn install(&self, tenant: TenantId, app: AppId) -> Result<(), InstalledAppError> {
        let mut conn = self.pool.get().await?;
        if !InstalledApp::is_recommended(&mut conn, app).await? {
            return Err(InstalledAppError::NoSuchApp);
        }
        let owner = InstalledApp::public_owner(&mut conn, app).await?.ok_or(InstalledAppError::NotPublic)?;
        let new = InstalledApp {
            id: InstalledAppId::random(),
            tenant_id: tenant,
            app_id: app,
            app_owner_tenant_id: owner,
            position: 0,
            is_pinned: false,
            last_used_at: None,
            created_at: Utc::now().naive_utc(),
        };
        conn.transaction(async |conn| InstalledApp::install(conn, &new).await).await?;
        Ok(())
    }

    /// Takes an app of another workspace from the page.
    ///
    /// # Errors
    /// `NotFound`, or `OwnApp`.
    pub async fn uninstall(&self, tenant: TenantId, id: InstalledAppId) -> Result<(), InstalledAppError> {
        let row = self.find(tenant, id).await?;
        if row.app_owner_tenant_id == tenant {
            return Err(InstalledAppError::OwnApp);
        }
        Ok(InstalledApp::delete(&mut *self.pool.get().await?, tenant, id).await?)
    }
}
