//! Extensions that a workspace reaches by HTTP. Who saves one is asked to show that it answers.

mod ping;

use async_trait::async_trait;
use chrono::{NaiveDateTime, Utc};
use core_app::{Extension, ExtensionSource, GenerateError};
use egress::Client;
use models::TenantId;
use models::api_based_extension::{ApiBasedExtension, ApiBasedExtensionChanges};
use models::db::{DbError, Pool, PoolError, QueryError};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::secrets::{HIDDEN, SecretsError, TenantKeys, obfuscate_short};

/// Characters of a name, and of an address, that fit the table.
const LONGEST: usize = 255;
const SHORTEST_KEY: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum ExtensionError {
    #[error("API based extension is not found")]
    NotFound,
    #[error("name must not be empty")]
    NoName,
    #[error("name must be unique, it is already existed")]
    NameTaken,
    #[error("api_endpoint must not be empty")]
    NoEndpoint,
    #[error("{0} must be at most {LONGEST} characters")]
    TooLong(&'static str),
    #[error("api_key must be at least {SHORTEST_KEY} characters")]
    ShortKey,
    /// A stored key goes only where it went when somebody entered it: whoever may edit need not know it.
    #[error("api_key must be entered again when api_endpoint changes")]
    KeyNeeded,
    /// The endpoint does not do what an extension has to.
    #[error("connection error: {0}")]
    NoPong(String),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for ExtensionError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for ExtensionError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What somebody enters.
#[derive(Debug)]
pub struct ExtensionForm {
    pub name: String,
    pub api_endpoint: String,
    pub api_key: SecretString,
}

/// An extension as it may be shown.
#[derive(Debug, Clone)]
pub struct ShownExtension {
    pub id: Uuid,
    pub name: String,
    pub api_endpoint: String,
    pub masked_key: String,
    pub created_at: NaiveDateTime,
}

/// Extensions of workspaces; cheap to clone.
#[derive(Clone)]
pub struct ApiExtensions {
    pool: Pool,
    keys: TenantKeys,
    http: Client,
}

impl ApiExtensions {
    pub fn new(pool: Pool, keys: TenantKeys, http: Client) -> Self {
        Self { pool, keys, http }
    }

    /// Newest first.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<ShownExtension>, ExtensionError> {
        let rows = ApiBasedExtension::list(&mut *self.pool.get().await?, tenant).await?;
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            shown.push(self.show(row).await?);
        }
        Ok(shown)
    }

    pub async fn find(&self, tenant: TenantId, id: Uuid) -> Result<ShownExtension, ExtensionError> {
        self.show(self.row(tenant, id).await?).await
    }

    pub async fn create(&self, tenant: TenantId, form: ExtensionForm) -> Result<ShownExtension, ExtensionError> {
        self.check(tenant, &form, None).await?;
        ping::ask(&self.http, &form.api_endpoint, &form.api_key).await?;
        let row = ApiBasedExtension {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            name: form.name,
            api_endpoint: form.api_endpoint,
            api_key: self.keys.encrypt(tenant, form.api_key.expose_secret().to_owned()).await?,
            created_at: Utc::now().naive_utc(),
        };
        ApiBasedExtension::insert(&mut *self.pool.get().await?, &row).await?;
        Ok(shown(row, &form.api_key))
    }

    /// A key of [`HIDDEN`] leaves the stored one as it is.
    pub async fn change(
        &self,
        tenant: TenantId,
        id: Uuid,
        mut form: ExtensionForm,
    ) -> Result<ShownExtension, ExtensionError> {
        let stored = self.row(tenant, id).await?;
        let keeps_key = form.api_key.expose_secret() == HIDDEN;
        if keeps_key {
            if form.api_endpoint != stored.api_endpoint {
                return Err(ExtensionError::KeyNeeded);
            }
            form.api_key = self.keys.decrypt(tenant, stored.api_key).await?.into();
        }
        self.check(tenant, &form, Some(id)).await?;
        ping::ask(&self.http, &form.api_endpoint, &form.api_key).await?;
        let new_key = match keeps_key {
            true => None,
            false => Some(self.keys.encrypt(tenant, form.api_key.expose_secret().to_owned()).await?),
        };
        let changes = ApiBasedExtensionChanges {
            name: Some(&form.name),
            api_endpoint: Some(&form.api_endpoint),
            api_key: new_key.as_deref(),
        };
        let row = ApiBasedExtension::update(&mut *self.pool.get().await?, tenant, id, &changes).await?;
        Ok(shown(row.ok_or(ExtensionError::NotFound)?, &form.api_key))
    }

    pub async fn delete(&self, tenant: TenantId, id: Uuid) -> Result<(), ExtensionError> {
        let gone = ApiBasedExtension::delete(&mut *self.pool.get().await?, tenant, id).await?;
        if gone { Ok(()) } else { Err(ExtensionError::NotFound) }
    }

    async fn row(&self, tenant: TenantId, id: Uuid) -> Result<ApiBasedExtension, ExtensionError> {
        ApiBasedExtension::find(&mut *self.pool.get().await?, tenant, id).await?.ok_or(ExtensionError::NotFound)
    }

    async fn show(&self, row: ApiBasedExtension) -> Result<ShownExtension, ExtensionError> {
        let key = SecretString::from(self.keys.decrypt(row.tenant_id, row.api_key.clone()).await?);
        Ok(shown(row, &key))
    }

    async fn check(&self, tenant: TenantId, form: &ExtensionForm, but: Option<Uuid>) -> Result<(), ExtensionError> {
        if form.name.trim().is_empty() {
            return Err(ExtensionError::NoName);
        }
        if form.api_endpoint.trim().is_empty() {
            return Err(ExtensionError::NoEndpoint);
        }
        for (field, text) in [("name", &form.name), ("api_endpoint", &form.api_endpoint)] {
            if text.chars().count() > LONGEST {
                return Err(ExtensionError::TooLong(field));
            }
        }
        if form.api_key.expose_secret().chars().count() < SHORTEST_KEY {
            return Err(ExtensionError::ShortKey);
        }
        if ApiBasedExtension::is_taken(&mut *self.pool.get().await?, tenant, &form.name, but).await? {
            return Err(ExtensionError::NameTaken);
        }
        Ok(())
    }
}

#[async_trait]
impl ExtensionSource for ApiExtensions {
    async fn extension(&self, tenant: TenantId, id: Uuid) -> Result<Option<Extension>, GenerateError> {
        let row = {
            let mut conn = self.pool.get().await?;
            ApiBasedExtension::find(&mut conn, tenant, id).await?
        };
        let Some(row) = row else { return Ok(None) };
        let key = self.keys.decrypt(tenant, row.api_key).await.map_err(|e| GenerateError::Internal(e.to_string()))?;
        Ok(Some(Extension { endpoint: row.api_endpoint, key: key.into() }))
    }
}

fn shown(row: ApiBasedExtension, key: &SecretString) -> ShownExtension {
    ShownExtension {
        id: row.id,
        name: row.name,
        api_endpoint: row.api_endpoint,
        masked_key: obfuscate_short(key.expose_secret()),
        created_at: row.created_at,
    }
}
