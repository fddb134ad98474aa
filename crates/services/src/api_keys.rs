//! API keys of apps, of workspaces (for all their datasets), and of single datasets.
//!
//! A key is found by a keyed hash. An adopted Dify database has keys in clear and no hashes: a miss falls back to the
//! `token` column, and the hash is then written. Whether new keys are stored encrypted is decided once per
//! installation: yes, unless Dify still has to read them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{NaiveDateTime, Utc};
use config::AuthSettings;
use models::api_token::ApiToken;
use models::dataset::Dataset;
use models::dataset_key::DatasetKey;
use models::db::{self, AsyncConnection, AsyncPgConnection, Conn, DbError, Pool, PoolError, QueryError};
use models::setup::Setup;
use models::{ApiTokenId, ApiTokenType, AppId, DatasetId, TenantId};
use secrecy::SecretString;
use uuid::Uuid;

use crate::random_text;
use crate::secrets::{ApiTokenCipher, SecretsError};

/// Most keys of one app and of one dataset, and most dataset keys of one workspace.
const MAX_KEYS: i64 = 10;
const RANDOM_PART: usize = 24;
const ENCRYPTION_FACT: &str = "api_key_encryption";

/// What can go wrong with API keys.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("API key not found")]
    NotFound,
    #[error("Dataset not found.")]
    NoSuchDataset,
    #[error("Cannot create more than {MAX_KEYS} API keys for this resource type.")]
    TooMany,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for ApiKeyError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for ApiKeyError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Somebody who remembers which key is whose and has to forget one that is gone.
#[async_trait]
pub trait RememberedKeys: Send + Sync {
    /// `hash` is the key's hash in lower-case hex.
    async fn forget(&self, hash: &str);
}

/// Nobody remembers anything.
pub struct NothingRemembered;

#[async_trait]
impl RememberedKeys for NothingRemembered {
    async fn forget(&self, _hash: &str) {}
}

/// Whose a key is.
#[derive(Debug, Clone, Copy)]
pub struct KeyOwner {
    pub key: ApiTokenId,
    pub app: Option<AppId>,
    pub tenant: Option<TenantId>,
    /// The only dataset that a dataset key opens.
    pub dataset: Option<DatasetId>,
}

/// What a new key is to open.
#[derive(Debug, Clone, Copy)]
enum Opens {
    App(TenantId, AppId),
    Workspace(TenantId),
    Dataset(TenantId, DatasetId),
}

impl Opens {
    const fn kind(self) -> ApiTokenType {
        match self {
            Self::App(..) => ApiTokenType::App,
            Self::Workspace(_) | Self::Dataset(..) => ApiTokenType::Dataset,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::App(..) => "app-",
            Self::Workspace(_) => "dataset-",
            Self::Dataset(..) => "ds-",
        }
    }

    /// What the keys are counted for.
    const fn owner(self) -> Uuid {
        match self {
            Self::App(_, app) => app.0,
            Self::Workspace(tenant) => tenant.0,
            Self::Dataset(_, dataset) => dataset.0,
        }
    }

    async fn existing(self, conn: &mut AsyncPgConnection) -> Result<i64, ApiKeyError> {
        Ok(match self {
            Self::App(_, app) => ApiToken::count_of_app(conn, app).await?,
            Self::Workspace(tenant) => ApiToken::count_of_tenant(conn, tenant).await?,
            Self::Dataset(tenant, dataset) => DatasetKey::count(conn, tenant, dataset).await?,
        })
    }
}

/// A key as its owner sees it.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub id: ApiTokenId,
    pub kind: ApiTokenType,
    /// In clear.
    pub token: String,
    pub last_used_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
}

/// Keys of the installation; cheap to clone.
#[derive(Clone)]
pub struct ApiKeys {
    pool: Pool,
    cipher: ApiTokenCipher,
    remembered: Arc<dyn RememberedKeys>,
}

impl ApiKeys {
    /// Finds out whether keys are to be encrypted, and remembers it for good.
    pub async fn open(
        pool: Pool,
        secret_key: &SecretString,
        auth: &AuthSettings,
        remembered: Arc<dyn RememberedKeys>,
    ) -> Result<Self, ApiKeyError> {
        let encrypts = match auth.encrypt_api_keys {
            Some(told) => told,
            None => {
                let mut conn = pool.get().await?;
                let fresh = if Setup::is_adopted(&mut conn).await? { "off" } else { "on" };
                models::meta::get_or_set(&mut conn, ENCRYPTION_FACT, fresh).await? == "on"
            }
        };
        Ok(Self { cipher: ApiTokenCipher::new(secret_key, encrypts), pool, remembered })
    }

    /// What a key is remembered by: its hash in lower-case hex.
    pub fn fingerprint(&self, token: &str) -> String {
        hex::encode(self.cipher.hash(token))
    }

    /// Whose a key is, if there is such a key.
    pub async fn resolve(&self, kind: ApiTokenType, token: &str) -> Result<Option<KeyOwner>, ApiKeyError> {
        let mut conn = self.pool.get().await?;
        let Some(row) = self.row(&mut conn, kind, token).await? else { return Ok(None) };
        let ApiToken { id: key, app_id: app, tenant_id: tenant, .. } = row;
        if app.is_some() || tenant.is_some() {
            return Ok(Some(KeyOwner { key, app, tenant, dataset: None }));
        }
        let bound = DatasetKey::find(&mut conn, key).await?;
        let (tenant, dataset) = (bound.map(|bound| bound.tenant_id), bound.map(|bound| bound.dataset_id));
        Ok(Some(KeyOwner { key, app, tenant, dataset }))
    }

    async fn row(&self, conn: &mut Conn, kind: ApiTokenType, token: &str) -> Result<Option<ApiToken>, ApiKeyError> {
        let hash = self.cipher.hash(token);
        if let Some(found) = ApiToken::find_by_hash(conn, kind, &hash).await? {
            return Ok(Some(found));
        }
        // The column may hold the encrypted form, which is no key.
        if ApiTokenCipher::is_sealed(token) {
            return Ok(None);
        }
        let adopted = ApiToken::find_by_clear_token(conn, kind, token).await?;
        if let Some(row) = &adopted {
            ApiToken::remember_hash(conn, row.id, &hash).await?;
        }
        Ok(adopted)
    }

    /// Forgets what is remembered of a key.
    pub async fn invalidate(&self, token: &str) {
        self.remembered.forget(&self.fingerprint(token)).await;
    }

    pub async fn of_app(&self, app: AppId) -> Result<Vec<ApiKey>, ApiKeyError> {
        let rows = ApiToken::of_app(&mut *self.pool.get().await?, app).await?;
        rows.into_iter().map(|row| self.shown(row)).collect()
    }

    /// The dataset keys of a workspace.
    pub async fn of_tenant(&self, tenant: TenantId) -> Result<Vec<ApiKey>, ApiKeyError> {
        let rows = ApiToken::of_tenant(&mut *self.pool.get().await?, tenant).await?;
        rows.into_iter().map(|row| self.shown(row)).collect()
    }

    /// The keys that open one dataset of the workspace.
    pub async fn of_dataset(&self, tenant: TenantId, dataset: DatasetId) -> Result<Vec<ApiKey>, ApiKeyError> {
        let rows = DatasetKey::of_dataset(&mut *self.pool.get().await?, tenant, dataset).await?;
        rows.into_iter().map(|row| self.shown(row)).collect()
    }

    pub async fn create_for_app(&self, tenant: TenantId, app: AppId) -> Result<ApiKey, ApiKeyError> {
        self.create(Opens::App(tenant, app)).await
    }

    pub async fn create_for_tenant(&self, tenant: TenantId) -> Result<ApiKey, ApiKeyError> {
        self.create(Opens::Workspace(tenant)).await
    }

    /// A key that opens one dataset.
    ///
    /// # Errors
    /// `NoSuchDataset` where it is not the workspace's, `TooMany` when it has its keys.
    pub async fn create_for_dataset(&self, tenant: TenantId, dataset: DatasetId) -> Result<ApiKey, ApiKeyError> {
        self.create(Opens::Dataset(tenant, dataset)).await
    }

    pub async fn delete_of_app(&self, app: AppId, id: ApiTokenId) -> Result<(), ApiKeyError> {
        let gone = ApiToken::delete_of_app(&mut *self.pool.get().await?, app, id).await?;
        self.deleted(gone).await
    }

    pub async fn delete_of_tenant(&self, tenant: TenantId, id: ApiTokenId) -> Result<(), ApiKeyError> {
        let gone = ApiToken::delete_of_tenant(&mut *self.pool.get().await?, tenant, id).await?;
        self.deleted(gone).await
    }

    /// # Errors
    /// `NotFound` where the dataset has no such key.
    pub async fn delete_of_dataset(
        &self,
        tenant: TenantId,
        dataset: DatasetId,
        id: ApiTokenId,
    ) -> Result<(), ApiKeyError> {
        let mut conn = self.pool.get().await?;
        let gone = conn.transaction(async |conn| DatasetKey::delete(conn, tenant, dataset, id).await).await?;
        drop(conn);
        self.deleted(gone).await
    }

    async fn create(&self, opens: Opens) -> Result<ApiKey, ApiKeyError> {
        let token = format!("{}{}", opens.prefix(), random_text(RANDOM_PART));
        let (app_id, tenant_id) = match opens {
            Opens::App(tenant, app) => (Some(app), Some(tenant)),
            Opens::Workspace(tenant) => (None, Some(tenant)),
            Opens::Dataset(..) => (None, None),
        };
        let row = ApiToken {
            id: ApiTokenId::random(),
            app_id,
            tenant_id,
            kind: opens.kind(),
            token: self.cipher.seal(&token)?,
            last_used_at: None,
            created_at: Utc::now().naive_utc(),
        };
        let hash = self.cipher.hash(&token);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            // Keys are counted one request after the other, or racing ones would each see room for one more.
            db::alone_at(conn, &format!("api keys of {}", opens.owner())).await?;
            if opens.existing(conn).await? >= MAX_KEYS {
                return Err(ApiKeyError::TooMany);
            }
            ApiToken::insert(conn, &row, &hash).await?;
            if let Opens::Dataset(tenant_id, dataset_id) = opens {
                // Locked, so that it does not go away without this key.
                let dataset = Dataset::find_locked(conn, tenant_id, dataset_id).await?;
                dataset.ok_or(ApiKeyError::NoSuchDataset)?;
                DatasetKey::insert(conn, DatasetKey { api_token_id: row.id, tenant_id, dataset_id }).await?;
            }
            Ok(())
        })
        .await?;
        drop(conn);
        // The key may have been asked for, and its absence remembered, before it existed.
        self.invalidate(&token).await;
        Ok(ApiKey { id: row.id, kind: row.kind, token, last_used_at: None, created_at: row.created_at })
    }

    async fn deleted(&self, gone: Option<ApiToken>) -> Result<(), ApiKeyError> {
        let gone = gone.ok_or(ApiKeyError::NotFound)?;
        let token = self.cipher.open(&gone.token)?;
        self.invalidate(&token).await;
        Ok(())
    }

    fn shown(&self, row: ApiToken) -> Result<ApiKey, ApiKeyError> {
        let token = self.cipher.open(&row.token)?;
        let ApiToken { id, kind, last_used_at, created_at, .. } = row;
        Ok(ApiKey { id, kind, token, last_used_at, created_at })
    }
}
