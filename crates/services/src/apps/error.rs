//! What can go wrong with apps.

use core_app::app_config::ConfigError;
use models::AppMode;
use models::db::{DbError, PoolError, QueryError};

use crate::api_keys::ApiKeyError;
use crate::providers::ProviderError;
use crate::workflows::WorkflowError;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("App not found")]
    NotFound,
    /// The app has no page.
    #[error("Site not found")]
    NoSite,
    /// An icon that is to be a picture is none of the workspace's files.
    #[error("icon is not a file of this workspace")]
    NoSuchPicture,
    #[error("apps of mode {0} cannot be copied")]
    CannotCopy(AppMode),
    #[error("the app cannot become a workflow: {0}")]
    CannotConvert(&'static str),
    #[error(transparent)]
    Workflow(#[from] Box<WorkflowError>),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Providers(#[from] ProviderError),
    #[error(transparent)]
    Keys(#[from] ApiKeyError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for AppError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for AppError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
