//! Secrets at rest.
//!
//! Credentials of model providers, tools and the like are encrypted per workspace ([`TenantKeys`], Dify's scheme, so
//! that an adopted database can be read and given back). API keys are encrypted per installation ([`ApiTokenCipher`])
//! and found by a keyed hash; other text is sealed for a purpose ([`Seal`]). [`obfuscate`] is what a person gets to see of a secret.

mod api_token;
mod hybrid;
mod obfuscation;
mod sealed;
mod tenant_keys;

pub use api_token::ApiTokenCipher;
pub use obfuscation::{HIDDEN, obfuscate, obfuscate_short};
pub use sealed::Seal;
pub(crate) use sealed::{derive, mac};
pub use tenant_keys::{KeyPair, TenantKeys};

/// Why a secret could not be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The workspace does not exist or never had a key pair.
    #[error("the workspace has no key pair")]
    NoKeyPair,
    #[error("the private key of the workspace is missing from the storage")]
    NoPrivateKey(#[source] storage::StorageError),
    #[error("the key of the workspace cannot be read: {0}")]
    BadKey(String),
    /// Cut, forged, or made with another key.
    #[error("the encrypted value cannot be read")]
    BadCiphertext,
    #[error("encryption failed: {0}")]
    Encryption(String),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
    #[error(transparent)]
    Db(#[from] models::db::DbError),
    #[error("the computation was cut off")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl From<models::db::PoolError> for SecretsError {
    fn from(e: models::db::PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<models::db::QueryError> for SecretsError {
    fn from(e: models::db::QueryError) -> Self {
        Self::Db(e.into())
    }
}
