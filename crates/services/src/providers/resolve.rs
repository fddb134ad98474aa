//! From the name of a model to one that can be called.

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec, LoadError};
use core_model_runtime::{AiModel, Credentials, ModelRef, ModelType, ProviderId, RegisteredProvider, Runtime};
use models::db::{DbError, Pool};
use models::{CredentialId, TenantId};

use super::configured::{Configured, ModelKey};
use super::error::ResolveError;
use super::stored;
use crate::secrets::{SecretsError, TenantKeys};

/// Corrects what an invalidation did not reach.
const KEPT_FOR: Duration = Duration::from_secs(60);
const KEPT: u64 = 20_000;
/// A workspace has one set of rows.
const ALL: &str = "all";

/// A model that can be called, and what is known of it.
#[derive(Debug, Clone)]
pub struct ResolvedModel {
    pub model: ModelRef,
    pub schema: Arc<AiModel>,
}

/// Knows the providers of workspaces; cheap to clone.
#[derive(Clone)]
pub struct ModelResolver {
    pool: Pool,
    runtime: Runtime,
    keys: TenantKeys,
    rows: Cache<&'static str, Configured>,
    /// Decrypted credentials: of this process only, never in Redis.
    secrets: Cache<CredentialId, Credentials>,
}

/// A stored credential of a provider or of one of its models.
pub(super) struct StoredCredential<'a> {
    pub id: CredentialId,
    pub config: &'a str,
    pub secrets: Vec<&'a str>,
}

impl ModelResolver {
    pub fn new(pool: Pool, runtime: Runtime, keys: TenantKeys, hub: &CacheHub) -> Self {
        let spec = |name| CacheSpec { name, capacity: KEPT, ttl: KEPT_FOR, negative_ttl: KEPT_FOR, shared: false };
        let rows = hub.local_cache(spec("model_providers"));
        let secrets = hub.local_cache(spec("model_credentials"));
        Self { pool, runtime, keys, rows, secrets }
    }

    /// The model with credentials, or why there is none.
    pub async fn resolve(
        &self,
        tenant: TenantId,
        provider: &ProviderId,
        model: &str,
        ty: ModelType,
    ) -> Result<ResolvedModel, ResolveError> {
        let Some(registered) = self.runtime.registry().provider(provider) else {
            return Err(ResolveError::ProviderNotInitialized(format!("Provider {provider} does not exist.")));
        };
        let configured = self.configured(tenant).await?;
        let key = ModelKey { name: model, ty };
        if configured.is_disabled(provider, key) {
            return Err(ResolveError::ModelNotSupported(format!("Model {model} is disabled.")));
        }
        let Some(credentials) = self.credentials_for(tenant, &configured, registered, key).await? else {
            return Err(ResolveError::ProviderNotInitialized(format!("Model {model} credentials is not initialized.")));
        };
        let Some(schema) = self.runtime.model_schema(provider, ty, model, &credentials) else {
            return Err(ResolveError::ModelNotSupported(format!("Model {model} is not supported by {provider}.")));
        };
        let model = ModelRef { tenant: tenant.0, provider: provider.clone(), model: model.to_owned(), credentials };
        Ok(ResolvedModel { model, schema })
    }

    /// The credentials that a model uses: its own, else the provider's; nothing where nothing is needed.
    pub(super) async fn credentials_for(
        &self,
        tenant: TenantId,
        configured: &Configured,
        provider: &RegisteredProvider,
        key: ModelKey<'_>,
    ) -> Result<Option<Arc<Credentials>>, LoadError<SecretsError>> {
        let id = provider.id();
        let stored = if let Some(own) = configured.active_model_credential(id, key) {
            let secrets = provider.model_secret_variables();
            StoredCredential { id: own.id, config: &own.encrypted_config, secrets }
        } else if let Some(shared) = configured.active_credential(id) {
            let secrets = provider.secret_variables();
            StoredCredential { id: shared.id, config: &shared.encrypted_config, secrets }
        } else {
            let free = !provider.needs_credentials();
            return Ok(free.then(Arc::default));
        };
        self.open(tenant, stored).await.map(Some)
    }

    /// Decrypts, or remembers having decrypted.
    pub(super) async fn open(
        &self,
        tenant: TenantId,
        stored: StoredCredential<'_>,
    ) -> Result<Arc<Credentials>, LoadError<SecretsError>> {
        let StoredCredential { id, config, secrets } = stored;
        let load = || async { stored::open(&self.keys, tenant, config, &secrets).await.map(Some) };
        Ok(self.secrets.get_or_load(tenant.0, &id, load).await?.unwrap_or_default())
    }

    /// The workspace's rows.
    pub(super) async fn configured(&self, tenant: TenantId) -> Result<Arc<Configured>, LoadError<DbError>> {
        let load = || async {
            let mut conn = self.pool.get().await?;
            Ok::<_, DbError>(Some(Configured::load(&mut conn, tenant).await?))
        };
        Ok(self.rows.get_or_load(tenant.0, &ALL, load).await?.unwrap_or_default())
    }

    pub(super) fn keys(&self) -> &TenantKeys {
        &self.keys
    }

    /// Reads the rows of the workspace anew at the next question, everywhere.
    pub(super) async fn forget(&self, tenant: TenantId) {
        self.rows.invalidate(tenant.0, &ALL).await;
    }

    /// Decrypts the credential anew at the next question, everywhere.
    pub(super) async fn forget_credential(&self, tenant: TenantId, credential: CredentialId) {
        self.secrets.invalidate(tenant.0, &credential).await;
    }
}
