//! Which app is behind an API key or a published page, remembered in the process.
//!
//! Every public request begins here, so the answer costs no round trip while it is remembered. Whoever changes an app,
//! its configuration, its site or its keys calls the matching `forget_*`; other processes hear of it at once.

mod answers;
mod last_used;
mod live_app;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cache::{Cache, CacheHub, CacheSpec, LoadError, Scope};
use models::app::App;
use models::app_annotation_setting::AnnotationReply;
use models::app_model_config::AppModelConfig;
use models::app_rule::AppRule;
use models::db::{DbError, Pool};
use models::site::Site;
use models::site_placeholder;
use models::workflow::Workflow;
use models::{ApiTokenType, AppId, AppMode, DatasetId, TenantId};

use crate::api_keys::{ApiKeys, KeyOwner, RememberedKeys};
use crate::call_rules::CallRules;
use crate::secrets::TenantKeys;
use crate::workflow_versions;

use crate::end_users::LONGEST_TEXT as LONGEST_SESSION;

pub use answers::{KeptAnswer, KeptAnswers};
pub use last_used::LastUsed;
pub use live_app::LiveApp;

/// Where the memory ends when nobody says that something changed.
const TTL: Duration = Duration::from_secs(60);
const NEGATIVE_TTL: Duration = Duration::from_secs(5);

/// Why a public request is turned away before it reaches an app.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    #[error("Access token is invalid")]
    InvalidKey,
    #[error("The app no longer exists.")]
    AppNotFound,
    #[error("The app's status is abnormal.")]
    AppAbnormal,
    #[error("The app's API service has been disabled.")]
    ApiDisabled,
    #[error("The workspace's status is archived.")]
    WorkspaceArchived,
    #[error("The workspace no longer exists.")]
    WorkspaceNotFound,
    #[error("user must have at most {LONGEST_SESSION} characters")]
    SessionTooLong,
    /// A fault of ours, shared by all who waited for the same load.
    #[error("{0}")]
    Internal(Arc<str>),
}

impl<E: std::fmt::Display> From<LoadError<E>> for AccessError {
    fn from(e: LoadError<E>) -> Self {
        Self::Internal(e.0.to_string().into())
    }
}

/// What a dataset key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetScope {
    pub tenant: TenantId,
    /// The only dataset, or every one of the workspace.
    pub only: Option<DatasetId>,
}

/// A published page as its visitors see it.
#[derive(Debug, Clone)]
pub struct LivePage {
    pub site: Site,
    /// What stands in its empty input field.
    pub input_placeholder: Option<String>,
}

/// The memory of keys alone: API keys need it when one is deleted.
#[derive(Clone)]
pub struct KeyMemory(Cache<String, KeyOwner>);

impl KeyMemory {
    pub fn new(hub: &CacheHub) -> Self {
        Self(hub.local_cache(spec("api_keys")))
    }
}

#[async_trait]
impl RememberedKeys for KeyMemory {
    async fn forget(&self, hash: &str) {
        self.0.invalidate(Scope::Global, &hash.to_owned()).await;
    }
}

/// Finds apps and sites. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    pool: Pool,
    keys: ApiKeys,
    known_keys: KeyMemory,
    apps: Cache<uuid::Uuid, LiveApp>,
    sites: Cache<String, LivePage>,
    last_used: LastUsed,
    tenant_keys: TenantKeys,
}

fn spec(name: &'static str) -> CacheSpec {
    CacheSpec { name, capacity: 10_000, ttl: TTL, negative_ttl: NEGATIVE_TTL, shared: false }
}

impl Directory {
    pub fn new(
        pool: Pool,
        hub: &CacheHub,
        keys: ApiKeys,
        known_keys: KeyMemory,
        last_used: LastUsed,
        tenant_keys: TenantKeys,
    ) -> Self {
        Self {
            apps: hub.local_cache(spec("apps")),
            sites: hub.local_cache(spec("sites")),
            pool,
            keys,
            known_keys,
            last_used,
            tenant_keys,
        }
    }

    /// The app behind an app key, if its API may be used.
    ///
    /// # Errors
    /// See [`AccessError`]; one variant per check.
    pub async fn app_by_key(&self, key: &str) -> Result<Arc<LiveApp>, AccessError> {
        let owner = self.owner(ApiTokenType::App, key).await?;
        let app = owner.app.ok_or(AccessError::InvalidKey)?;
        let live = self.app(app).await?.ok_or(AccessError::AppNotFound)?;
        live.check_api()?;
        Ok(live)
    }

    /// What a dataset key opens.
    ///
    /// # Errors
    /// `InvalidKey` where there is no such key.
    pub async fn scope_of_dataset_key(&self, key: &str) -> Result<DatasetScope, AccessError> {
        let owner = self.owner(ApiTokenType::Dataset, key).await?;
        Ok(DatasetScope { tenant: owner.tenant.ok_or(AccessError::InvalidKey)?, only: owner.dataset })
    }

    async fn owner(&self, kind: ApiTokenType, key: &str) -> Result<KeyOwner, AccessError> {
        let load = || self.keys.resolve(kind, key);
        let fingerprint = self.keys.fingerprint(key);
        let found = self.known_keys.0.get_or_load(Scope::Global, &fingerprint, load).await?;
        let owner = *found.ok_or(AccessError::InvalidKey)?;
        // A dataset key is no app key, and the other way round.
        let fits = match kind {
            ApiTokenType::App => owner.app.is_some(),
            ApiTokenType::Dataset | ApiTokenType::Unknown => owner.app.is_none(),
        };
        if !fits {
            return Err(AccessError::InvalidKey);
        }
        self.last_used.note(owner.key);
        Ok(owner)
    }

    /// An app with its published configuration.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn app(&self, id: AppId) -> Result<Option<Arc<LiveApp>>, AccessError> {
        let load = || async {
            let mut conn = self.pool.get().await?;
            let Some((app, tenant_status)) = App::with_tenant_status(&mut conn, id).await? else { return Ok(None) };
            let config = match app.app_model_config_id {
                Some(config) => AppModelConfig::find(&mut conn, id, config).await?,
                None => None,
            };
            // One more statement once a minute is all it costs; workflows have no questions.
            let may_reply = config.is_some() || app.mode == AppMode::AdvancedChat;
            let reply = if may_reply { AnnotationReply::of_app(&mut conn, id).await? } else { None };
            let workflow = match app.workflow_id.filter(|_| app.mode.is_workflow()) {
                Some(workflow) => Workflow::find(&mut conn, app.tenant_id, id, workflow).await?,
                None => None,
            };
            let rules = AppRule::find(&mut conn, app.tenant_id, id).await?;
            drop(conn);
            let mode = app.mode;
            let rules = CallRules::read(&self.tenant_keys, rules).await;
            let live = LiveApp::new(app, tenant_status, config.as_ref(), reply.as_ref()).with_rules(rules);
            let Some(workflow) = workflow else { return Ok(Some(live)) };
            Ok::<_, DbError>(Some(live.with_workflow(workflow_versions::read(&self.tenant_keys, workflow, mode).await)))
        };
        Ok(self.apps.get_or_load(Scope::Global, &id.0, load).await?)
    }

    /// The served page with that public code.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn page(&self, code: &str) -> Result<Option<Arc<LivePage>>, AccessError> {
        let load = || async {
            let mut conn = self.pool.get().await?;
            let Some(site) = Site::find_by_code(&mut conn, code).await? else { return Ok(None) };
            let input_placeholder = site_placeholder::find(&mut conn, site.id).await?;
            Ok::<_, DbError>(Some(LivePage { site, input_placeholder }))
        };
        Ok(self.sites.get_or_load(Scope::Global, &code.to_owned(), load).await?)
    }

    /// The published pages of all workspaces that were changed last, with their apps' modes: for whoever runs the
    /// installation, not for its users.
    ///
    /// # Errors
    /// When they cannot be loaded.
    pub async fn newest_pages(&self, limit: i64) -> Result<Vec<(Site, AppMode)>, AccessError> {
        let load = async { Ok::<_, DbError>(Site::newest_open(&mut *self.pool.get().await?, limit).await?) };
        load.await.map_err(|e| AccessError::Internal(e.to_string().into()))
    }

    /// The app, its configuration or its workspace changed.
    pub async fn forget_app(&self, id: AppId) {
        self.apps.invalidate(Scope::Global, &id.0).await;
    }

    /// The site behind a code changed, or the code did.
    pub async fn forget_site(&self, code: &str) {
        self.sites.invalidate(Scope::Global, &code.to_owned()).await;
    }
}
