//! What can go wrong with workflows.

use core_app::app_config::ConfigError;
use core_workflow::dsl::{GraphError, ReadError};
use models::db::{DbError, PoolError, QueryError};

use crate::providers::ResolveError;
use crate::secrets::SecretsError;

#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    #[error("Draft workflow need to be initialized.")]
    NoDraft,
    /// Somebody else saved meanwhile.
    #[error("Workflow graph might have been modified, please refresh and resubmit.")]
    NotInSync,
    #[error("Workflow not found")]
    NotFound,
    #[error("No valid workflow found.")]
    NothingToPublish,
    #[error("{part}: {reason}")]
    Unreadable { part: &'static str, reason: ReadError },
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Features(#[from] ConfigError),
    /// A variable; the text says what is wrong with it.
    #[error("{0}")]
    Variable(String),
    #[error("{0}")]
    InUse(String),
    #[error(transparent)]
    Model(#[from] ResolveError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the computation was cut off")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl From<PoolError> for WorkflowError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for WorkflowError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
