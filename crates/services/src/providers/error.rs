//! What can go wrong with model providers.

use cache::LoadError;
use core_model_runtime::{CredentialsError, InvokeError, ProviderIdError};
use models::db::{DbError, PoolError, QueryError};

use crate::secrets::SecretsError;

/// Configuring a provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error(transparent)]
    Id(#[from] ProviderIdError),
    #[error("Provider {0} does not exist.")]
    Unknown(String),
    #[error("{}", refusal(.0))]
    Credentials(#[from] CredentialsError),
    #[error("Credential record not found.")]
    NoSuchCredential,
    #[error("Credential with name '{0}' already exists.")]
    NameTaken(String),
    #[error("Credential name must be at most 30 characters.")]
    NameTooLong,
    #[error("Model {0} not found.")]
    NoSuchModel(String),
    #[error("Can't use model {model} of {provider} as the default: it is not active.")]
    NotActive { provider: String, model: String },
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Cached(#[from] LoadError<DbError>),
    #[error(transparent)]
    CachedSecret(#[from] LoadError<SecretsError>),
}

/// Who enters credentials is to read what the upstream says of them; users of apps are not.
fn refusal(error: &CredentialsError) -> String {
    if let CredentialsError::Rejected(InvokeError::Unauthorized { message, .. }) = error
        && !message.is_empty()
    {
        return format!("{error} {message}");
    }
    error.to_string()
}

/// Finding the model that a run is to use.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("{0}")]
    ProviderNotInitialized(String),
    /// The quota of the installation's own credentials is used up. This edition has none such.
    #[error("The provider's quota has been exhausted.")]
    QuotaExceeded,
    #[error("{0}")]
    ModelNotSupported(String),
    #[error(transparent)]
    Db(#[from] LoadError<DbError>),
    #[error(transparent)]
    Secrets(#[from] LoadError<SecretsError>),
}

impl From<PoolError> for ProviderError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for ProviderError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
