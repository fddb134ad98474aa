//! What can go wrong with annotations.

use core_app::GenerateError;
use core_rag::store::StoreError;
use models::db::{DbError, PoolError, QueryError};

#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    #[error("App not found")]
    NoSuchApp,
    #[error("Annotation not found")]
    NotFound,
    #[error("Message Not Exists.")]
    NoSuchMessage,
    #[error("The workspace has no owner.")]
    NoOwner,
    /// An argument or a business rule; the text says which.
    #[error("{0}")]
    Invalid(String),
    #[error("The job does not exist.")]
    NoSuchJob,
    #[error("Too many imports. Please try again later.")]
    TooOften,
    #[error("The file is larger than {0} MB.")]
    TooLarge(usize),
    #[error(transparent)]
    Model(#[from] GenerateError),
    /// In the words for people who wait for a job; what is behind them is for the log.
    #[error("{}", .0.told())]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl AnnotationError {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }
}

impl From<PoolError> for AnnotationError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for AnnotationError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
