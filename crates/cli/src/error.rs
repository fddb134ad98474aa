//! Why a command did not succeed.

use std::error::Error;

use models::db::{DbError, PoolError, QueryError};

/// Each text says what to do, as far as that is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The command line asks for something that does not exist or does not fit together.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    /// Said already, in the output of the command.
    #[error("something is wrong; see above")]
    Unhealthy,
    #[error(transparent)]
    Settings(#[from] config::SettingsError),
    #[error(transparent)]
    Servers(#[from] private_servers::BootstrapError),
    #[error(transparent)]
    Start(#[from] server::StartError),
    #[error(transparent)]
    Migration(#[from] models::migrate::MigrationError),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
    #[error(transparent)]
    Redis(#[from] redis_link::RedisError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl CliError {
    pub(crate) fn failed(e: impl Error) -> Self {
        Self::Failed(e.to_string())
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_)
            | Self::Unhealthy
            | Self::Settings(_)
            | Self::Servers(_)
            | Self::Start(_)
            | Self::Migration(_)
            | Self::Storage(_)
            | Self::Redis(_)
            | Self::Db(_)
            | Self::Io(_) => 1,
        }
    }
}

impl From<PoolError> for CliError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for CliError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
