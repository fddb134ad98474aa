//! API keys of apps and workspaces.
//!
//! A key is found by a keyed hash. An adopted Dify database has keys in clear and no hashes: a miss falls back to the
//! `token` column, and the hash is then written. Whether new keys are stored encrypted is decided once per
//! installation: yes, unless Dify still has to read them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{NaiveDateTime, Utc};
use config::AuthSettings;
use models::api_token::ApiToken;
use models::db::{self, AsyncConnection, DbError, Pool, PoolError, QueryError};
use models::setup::Setup;
use models::{ApiTokenId, ApiTokenType, AppId, TenantId};
use secrecy::SecretString;

use crate::random_text;
use crate::secrets::{ApiTokenCipher, SecretsError};

/// Most keys of one app, and most dataset keys of one workspace.
const MAX_KEYS: i64 = 10;
const RANDOM_PART: usize = 24;
const ENCRYPTION_FACT: &str = "api_key_encryption";

/// What can go wrong with API keys.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("API key not found")]
    NotFound,
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

    /// The row of a key, if there is such a key.
    pub async fn resolve(&self, kind: ApiTokenType, token: &str) -> Result<Option<ApiToken>, ApiKeyError> {
        let hash = self.cipher.hash(token);
        let mut conn = self.pool.get().await?;
        if let Some(found) = ApiToken::find_by_hash(&mut conn, kind, &hash).await? {
            return Ok(Some(found));
        }
        // The column may hold the encrypted form, which is no key.
        if ApiTokenCipher::is_sealed(token) {
            return Ok(None);
        }
        let adopted = ApiToken::find_by_clear_token(&mut conn, kind, token).await?;
        if let Some(row) = &adopted {
            ApiToken::remember_hash(&mut conn, row.id, &hash).await?;
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

    pub async fn create_for_app(&self, tenant: TenantId, app: AppId) -> Result<ApiKey, ApiKeyError> {
        self.create(ApiTokenType::App, "app-", Some(app), tenant).await
    }

    pub async fn create_for_tenant(&self, tenant: TenantId) -> Result<ApiKey, ApiKeyError> {
        self.create(ApiTokenType::Dataset, "dataset-", None, tenant).await
    }

    pub async fn delete_of_app(&self, app: AppId, id: ApiTokenId) -> Result<(), ApiKeyError> {
        let gone = ApiToken::delete_of_app(&mut *self.pool.get().await?, app, id).await?;
        self.deleted(gone).await
    }

    pub async fn delete_of_tenant(&self, tenant: TenantId, id: ApiTokenId) -> Result<(), ApiKeyError> {
        let gone = ApiToken::delete_of_tenant(&mut *self.pool.get().await?, tenant, id).await?;
        self.deleted(gone).await
    }

    async fn create(
        &self,
        kind: ApiTokenType,
        prefix: &str,
        app: Option<AppId>,
        tenant: TenantId,
    ) -> Result<ApiKey, ApiKeyError> {
        let token = format!("{prefix}{}", random_text(RANDOM_PART));
        let row = ApiToken {
            id: ApiTokenId::random(),
            app_id: app,
            tenant_id: Some(tenant),
            kind,
            token: self.cipher.seal(&token)?,
            last_used_at: None,
            created_at: Utc::now().naive_utc(),
        };
        let hash = self.cipher.hash(&token);
        let owner = app.map_or(tenant.0, |app| app.0);
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            // Keys are counted one request after the other, or racing ones would each see room for one more.
            db::alone_at(conn, &format!("api keys of {owner}")).await?;
            let existing = match app {
                Some(app) => ApiToken::count_of_app(conn, app).await?,
                None => ApiToken::count_of_tenant(conn, tenant).await?,
            };
            if existing >= MAX_KEYS {
                return Err(ApiKeyError::TooMany);
            }
            Ok(ApiToken::insert(conn, &row, &hash).await?)
        })
        .await?;
        drop(conn);
        // The key may have been asked for, and its absence remembered, before it existed.
        self.invalidate(&token).await;
        Ok(ApiKey { id: row.id, kind, token, last_used_at: None, created_at: row.created_at })
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
