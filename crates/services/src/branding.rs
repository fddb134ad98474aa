//! How a workspace's published pages are branded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cache::{Cache, CacheHub, CacheSpec, Scope};
use models::db::{DbError, Pool, PoolError, QueryError};
use models::tenant::{Tenant, TenantChanges};
use models::upload_file::UploadFile;
use models::{TenantId, TenantStatus, UploadFileId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::files::{FileError, Files, IMAGES, Incoming};

/// Kinds of pictures that a logo may be.
const LOGOS: [&str; 2] = ["svg", "png"];

/// How long brands are remembered; a workspace is archived by hand, and its pages are closed after that time.
const KNOWN: CacheSpec = CacheSpec {
    name: "brands",
    capacity: 10_000,
    ttl: Duration::from_secs(60),
    negative_ttl: Duration::from_secs(5),
    shared: false,
};

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
    /// A fault that everybody meets who waited for the same brand.
    #[error(transparent)]
    Shared(Arc<BrandingError>),
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
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Chosen {
    remove_webapp_brand: Option<bool>,
    replace_webapp_logo: Option<String>,
    /// What others wrote there.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What to change of a brand; `None` leaves a part as it is, an empty logo goes back to the installation's.
#[derive(Debug, Default)]
pub struct BrandChange {
    pub remove_brand: Option<bool>,
    pub logo: Option<String>,
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
    /// Brands of served workspaces: every opened page asks for one.
    known: Cache<Uuid, PageBranding>,
}

impl Branding {
    pub fn new(pool: Pool, hub: &CacheHub, files: Files, can_replace_logo: bool) -> Self {
        Self { pool, files, can_replace_logo, known: hub.local_cache(KNOWN) }
    }

    /// # Errors
    /// `NotServed`.
    pub async fn of(&self, tenant: TenantId) -> Result<Arc<PageBranding>, BrandingError> {
        let load = || async {
            let row = self.tenant(tenant).await?.filter(|row| row.status != TenantStatus::Archive);
            Ok::<_, BrandingError>(row.map(|row| self.of_row(&row)))
        };
        let found = self.known.get_or_load(Scope::Tenant(tenant.0), &tenant.0, load).await;
        found.map_err(|error| BrandingError::Shared(error.0))?.ok_or(BrandingError::NotServed)
    }

    /// The brand that a workspace's row holds.
    pub fn of_row(&self, tenant: &Tenant) -> PageBranding {
        let chosen = Chosen::read(tenant);
        PageBranding {
            plan: PLAN,
            can_replace_logo: self.can_replace_logo,
            remove_brand: chosen.remove_webapp_brand.unwrap_or(false),
            has_logo: chosen.logo().is_some(),
        }
    }

    /// # Errors
    /// `NoLogo` if the logo is no file of the workspace, `NoPicture` if it is none that can be a logo.
    pub async fn change(&self, tenant: TenantId, change: BrandChange) -> Result<Tenant, BrandingError> {
        if let Some(logo) = change.logo.as_deref().filter(|id| !id.is_empty()) {
            let id: UploadFileId = logo.parse().map_err(|_malformed| BrandingError::NoLogo)?;
            let found = UploadFile::find_all(&mut *self.pool.get().await?, tenant, &[id]).await?;
            let file = found.first().ok_or(BrandingError::NoLogo)?;
            if !LOGOS.contains(&file.extension.as_str()) {
                return Err(BrandingError::NoPicture);
            }
        }
        let row = self.tenant(tenant).await?.ok_or(BrandingError::NotServed)?;
        let mut chosen = Chosen::read(&row);
        chosen.remove_webapp_brand = change.remove_brand.or(chosen.remove_webapp_brand);
        chosen.replace_webapp_logo = change.logo.or(chosen.replace_webapp_logo);
        // Texts and switches always serialise.
        let text = serde_json::to_string(&chosen).unwrap_or_default();
        let changes = TenantChanges {
            custom_config: Some(&text),
            updated_at: Some(chrono::Utc::now().naive_utc()),
            ..TenantChanges::default()
        };
        let changed = Tenant::update(&mut *self.pool.get().await?, tenant, &changes).await?;
        self.known.invalidate(Scope::Tenant(tenant.0), &tenant.0).await;
        changed.ok_or(BrandingError::NotServed)
    }

    /// Takes a picture in that may become the logo.
    ///
    /// # Errors
    /// `NoPicture`, or what is refused of the file.
    pub async fn upload_logo(&self, incoming: Incoming, bytes: Bytes) -> Result<UploadFile, BrandingError> {
        if !LOGOS.contains(&storage::sniff::extension(&incoming.name).as_str()) {
            return Err(BrandingError::NoPicture);
        }
        Ok(self.files.store(self.files.accept(incoming)?, bytes).await?)
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
