//! The key pair of each workspace.
//!
//! The public half is in `tenants.encrypt_public_key`, the private one in the file storage under
//! `privkeys/{workspace}/private.pem`. Both are kept in memory once read; RSA never runs on a runtime thread.

use std::sync::Arc;
use std::time::Duration;

use models::TenantId;
use models::db::Pool;
use models::tenant::{Tenant, TenantChanges};
use moka::future::Cache;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use rsa::{RsaPrivateKey, RsaPublicKey};
use storage::{Storage, StorageError};

use super::{SecretsError, hybrid};

const BITS: usize = 2048;
const KEPT_FOR: Duration = Duration::from_secs(3600);
const KEPT_PAIRS: u64 = 10_000;

/// A fresh pair; the private half is in the storage already.
#[derive(Debug)]
pub struct KeyPair {
    pub public_pem: String,
}

/// Encrypts and decrypts the secrets of workspaces; cheap to clone.
#[derive(Clone)]
pub struct TenantKeys {
    pool: Pool,
    storage: Storage,
    public: Cache<TenantId, Arc<RsaPublicKey>>,
    private: Cache<TenantId, Arc<RsaPrivateKey>>,
}

fn path(tenant: TenantId) -> String {
    format!("privkeys/{tenant}/private.pem")
}

impl TenantKeys {
    pub fn new(pool: Pool, storage: Storage) -> Self {
        let public = Cache::builder().max_capacity(KEPT_PAIRS).time_to_live(KEPT_FOR).build();
        let private = Cache::builder().max_capacity(KEPT_PAIRS).time_to_live(KEPT_FOR).build();
        Self { pool, storage, public, private }
    }

    /// Makes the pair of a new workspace and stores its private half; the caller stores the public one.
    pub async fn create(&self, tenant: TenantId) -> Result<KeyPair, SecretsError> {
        let (private_pem, public_pem) = tokio::task::spawn_blocking(generate).await??;
        self.storage.put(&path(tenant), private_pem.into_bytes()).await?;
        Ok(KeyPair { public_pem })
    }

    /// Encrypts a secret of the workspace.
    pub async fn encrypt(&self, tenant: TenantId, secret: String) -> Result<String, SecretsError> {
        let key = self.public_key(tenant).await?;
        tokio::task::spawn_blocking(move || hybrid::encrypt(&key, &secret)).await?
    }

    /// Decrypts a secret of the workspace.
    pub async fn decrypt(&self, tenant: TenantId, hidden: String) -> Result<String, SecretsError> {
        let key = self.private_key(tenant).await?;
        tokio::task::spawn_blocking(move || hybrid::decrypt(&key, &hidden)).await?
    }

    async fn public_key(&self, tenant: TenantId) -> Result<Arc<RsaPublicKey>, SecretsError> {
        if let Some(key) = self.public.get(&tenant).await {
            return Ok(key);
        }
        let row = Tenant::find(&mut *self.pool.get().await?, tenant).await?.ok_or(SecretsError::NoKeyPair)?;
        let pem = match row.encrypt_public_key.filter(|pem| !pem.trim().is_empty()) {
            Some(pem) => pem,
            None => self.complete(tenant).await?,
        };
        let key = RsaPublicKey::from_public_key_pem(pem.trim()).map_err(|e| SecretsError::BadKey(e.to_string()))?;
        let key = Arc::new(key);
        self.public.insert(tenant, Arc::clone(&key)).await;
        Ok(key)
    }

    /// Gives a workspace the pair that it never got.
    async fn complete(&self, tenant: TenantId) -> Result<String, SecretsError> {
        let pair = self.create(tenant).await?;
        let changes = TenantChanges { encrypt_public_key: Some(&pair.public_pem), ..TenantChanges::default() };
        Tenant::update(&mut *self.pool.get().await?, tenant, &changes).await?.ok_or(SecretsError::NoKeyPair)?;
        Ok(pair.public_pem)
    }

    async fn private_key(&self, tenant: TenantId) -> Result<Arc<RsaPrivateKey>, SecretsError> {
        if let Some(key) = self.private.get(&tenant).await {
            return Ok(key);
        }
        let pem = match self.storage.get(&path(tenant)).await {
            Ok(pem) => pem,
            Err(missing @ StorageError::NotFound(_)) => return Err(SecretsError::NoPrivateKey(missing)),
            Err(other) => return Err(other.into()),
        };
        let key = tokio::task::spawn_blocking(move || parse_private(&String::from_utf8_lossy(&pem))).await??;
        let key = Arc::new(key);
        self.private.insert(tenant, Arc::clone(&key)).await;
        Ok(key)
    }
}

fn generate() -> Result<(String, String), SecretsError> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(|e| SecretsError::BadKey(e.to_string()))?;
    let private = key.to_pkcs1_pem(LineEnding::LF).map_err(|e| SecretsError::BadKey(e.to_string()))?;
    let public =
        key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|e| SecretsError::BadKey(e.to_string()))?;
    Ok((private.to_string(), public))
}

fn parse_private(pem: &str) -> Result<RsaPrivateKey, SecretsError> {
    let pem = pem.trim();
    RsaPrivateKey::from_pkcs1_pem(pem)
        .or_else(|_| RsaPrivateKey::from_pkcs8_pem(pem))
        .map_err(|e| SecretsError::BadKey(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_pair_works_together() {
        let (private, public) = generate().unwrap();
        assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"));
        let hidden = hybrid::encrypt(&RsaPublicKey::from_public_key_pem(public.trim()).unwrap(), "x").unwrap();
        assert_eq!(hybrid::decrypt(&parse_private(&private).unwrap(), &hidden).unwrap(), "x");
    }
}
