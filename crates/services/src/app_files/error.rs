//! What can go wrong beside the files themselves.

use models::db::{DbError, PoolError, QueryError};
use sessions::SessionsError;

use crate::apps::AppError;
use crate::secrets::SecretsError;
use crate::workflows::WorkflowError;

#[derive(Debug, thiserror::Error)]
pub enum AppFileError {
    #[error(transparent)]
    App(Box<AppError>),
    #[error(transparent)]
    Workflow(Box<WorkflowError>),
    /// There is nothing to export.
    #[error("Missing draft workflow configuration, please check.")]
    NoDraft,
    #[error("Workflow not found")]
    NoSuchVersion,
    #[error("App configuration not found.")]
    NoConfig,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the computation was cut off")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl From<AppError> for AppFileError {
    fn from(e: AppError) -> Self {
        Self::App(Box::new(e))
    }
}

impl From<WorkflowError> for AppFileError {
    fn from(e: WorkflowError) -> Self {
        Self::Workflow(Box::new(e))
    }
}

impl From<PoolError> for AppFileError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for AppFileError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
