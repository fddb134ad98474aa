//! Why something did not get into the index, and whether it may later.

use std::time::Duration;

use core_app::GenerateError;
use core_model_runtime::InvokeError;
use core_rag::chunk::ChunkError;
use core_rag::extract::ExtractError;
use core_rag::rule::RuleError;
use core_rag::store::StoreError;
use jobs::Failure;
use models::db::{DbError, PoolError, QueryError};
use storage::StorageError;

use crate::files::FileError;

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The document itself; the text says to a person what is wrong.
    #[error("{0}")]
    Document(String),
    #[error(transparent)]
    Extract(#[from] ExtractError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    #[error(transparent)]
    Model(#[from] GenerateError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// In the words for a row that people see; what is behind them is for the log.
    #[error("{}", .0.told())]
    Store(#[from] StoreError),
    #[error("the file cannot be read: {0}")]
    Storage(#[from] StorageError),
    #[error(transparent)]
    File(FileError),
    #[error(transparent)]
    Db(#[from] DbError),
    /// The worker stops, or lost its lease.
    #[error("interrupted")]
    Interrupted,
    /// Somebody else took the document, paused it or removed it: nothing is left to do.
    #[error("overtaken")]
    Overtaken,
}

impl From<PoolError> for IndexError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for IndexError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What is to be done about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cure {
    /// It may go better later; after this time, where somebody said so.
    Later(Option<Duration>),
    /// It will not go better by itself.
    None,
}

impl IndexError {
    pub(super) fn cure(&self) -> Cure {
        match self {
            Self::Document(_) | Self::Rule(_) | Self::Chunk(_) => Cure::None,
            Self::Extract(ExtractError::Busy) => Cure::Later(None),
            Self::Extract(_) => Cure::None,
            Self::Invoke(e) | Self::Model(GenerateError::Invoke(e)) => model_cure(e),
            Self::Model(GenerateError::Database(_) | GenerateError::Storage(_) | GenerateError::Internal(_)) => {
                Cure::Later(None)
            }
            Self::Store(e) | Self::Model(GenerateError::Store(e)) => {
                if e.is_outage() {
                    Cure::Later(None)
                } else {
                    Cure::None
                }
            }
            Self::Model(_) => Cure::None,
            Self::Storage(StorageError::NotFound(_)) => Cure::None,
            Self::Storage(_) | Self::File(_) | Self::Db(_) => Cure::Later(None),
            Self::Interrupted | Self::Overtaken => Cure::Later(None),
        }
    }
}

fn model_cure(error: &InvokeError) -> Cure {
    match error {
        InvokeError::RateLimited { retry_after, .. } => Cure::Later(*retry_after),
        InvokeError::BreakerOpen { retry_after, .. } => Cure::Later(Some(*retry_after)),
        InvokeError::Connection { .. } | InvokeError::ServerUnavailable { .. } => Cure::Later(None),
        InvokeError::Unauthorized { .. }
        | InvokeError::BadRequest { .. }
        | InvokeError::InvalidParameter { .. }
        | InvokeError::ModelNotFound { .. } => Cure::None,
    }
}

impl IndexError {
    /// As the queue understands it, for work that no row tells people about.
    pub(super) fn into_failure(self) -> Failure {
        match (&self, self.cure()) {
            (Self::Interrupted, _) => Failure::Interrupted,
            (_, Cure::Later(Some(after))) => Failure::retry_after(after, self),
            (_, Cure::Later(None)) => Failure::retry(self),
            (_, Cure::None) => Failure::hopeless(self),
        }
    }
}
