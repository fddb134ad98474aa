//! How a workspace's published pages are branded.

use bytes::Bytes;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::tenant::Tenant;
use models::upload_file::UploadFile;
use models::{TenantId, TenantStatus, UploadFileId};
use serde::Deserialize;

use crate::files::{FileError, Files, IMAGES};

/// The plan of a workspace where nobody bills.
const PLAN: &str = models::tenant::BASIC_PLAN;

#[derive(Debug, thiserror::Error)]
pub enum BrandingError {
    /// The workspace is gone or archived.
    #[error("The workspace's pages are not served.")]
    NotServed,
    /// It has no logo of its own.
    #[error("The workspace has no logo.")]
    NoLogo,
    #[error("The logo is no picture.")]
    NoPicture,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for BrandingError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for BrandingError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What a page shows of its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageBranding {
    pub plan: &'static str,
    /// Whether the installation lets workspaces replace its logo.
    pub can_replace_logo: bool,
    pub remove_brand: bool,
    pub has_logo: bool,
}

/// What a workspace has chosen; JSON text in its row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    remove_webapp_brand: Option<bool>,
    replace_webapp_logo: Option<String>,
}

impl Chosen {
    fn read(tenant: &Tenant) -> Self {
        tenant.custom_config.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    fn logo(&self) -> Option<UploadFileId> {
        self.replace_webapp_logo.as_deref()?.parse().ok()
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Branding {
    pool: Pool,
    files: Files,
    can_replace_logo: bool,
}

impl Branding {
    pub fn new(pool: Pool, files: Files, can_replace_logo: bool) -> Self {
        Self { pool, files, can_replace_logo }
    }

    /// # Errors
    /// `NotServed`.
    pub async fn of(&self, tenant: TenantId) -> Result<PageBranding, BrandingError> {
        let tenant = self.tenant(tenant).await?.ok_or(BrandingError::NotServed)?;
        if tenant.status == TenantStatus::Archive {
            return Err(BrandingError::NotServed);
        }
        let chosen = Chosen::read(&tenant);
        Ok(PageBranding {
            plan: PLAN,
            can_replace_logo: self.can_replace_logo,
            remove_brand: chosen.remove_webapp_brand.unwrap_or(false),
            has_logo: chosen.logo().is_some(),
        })
    }

    /// The workspace's logo, and its bytes.
    ///
    /// # Errors
    /// `NoLogo` or `NoPicture`.
    pub async fn logo(&self, tenant: TenantId) -> Result<(UploadFile, Bytes), BrandingError> {
        let row = self.tenant(tenant).await?.ok_or(BrandingError::NoLogo)?;
        let logo = Chosen::read(&row).logo().ok_or(BrandingError::NoLogo)?;
        let (file, bytes) = self.files.open(tenant, logo).await?;
        if IMAGES.contains(&file.extension.as_str()) { Ok((file, bytes)) } else { Err(BrandingError::NoPicture) }
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, BrandingError> {
        Ok(Tenant::find(&mut *self.pool.get().await?, id).await?)
    }
}
