//! What can go wrong with knowledge.

use core_app::GenerateError;
use core_app::knowledge::{ExternalError, FindError};
use core_rag::store::StoreError;
use models::db::{DbError, PoolError, QueryError};

use crate::files::FileError;

#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    #[error("Dataset not found.")]
    NoSuchDataset,
    #[error("Document not found.")]
    NoSuchDocument,
    #[error("Segment not found.")]
    NoSuchSegment,
    /// Of what there is no such thing is in the text.
    #[error("{0}")]
    NotFound(&'static str),
    #[error("You do not have permission to access this dataset.")]
    NoPermission,
    #[error("Dataset api access is not enabled.")]
    ApiDisabled,
    #[error("The dataset name already exists. Please modify your dataset name.")]
    NameTaken,
    #[error("The dataset is being used by some apps. Please remove the dataset from the apps before deleting it.")]
    InUse,
    /// An argument or a business rule; the text says which.
    #[error("{0}")]
    Invalid(String),
    /// What is asked for does not go with the document's state.
    #[error("{0}")]
    InvalidAction(String),
    #[error("The metadata content is incorrect. Please check and verify.")]
    InvalidMetadata,
    #[error("The archived document is not editable.")]
    Archived,
    /// Only what is on its way to the index can be halted, only what is halted can go on.
    #[error("Document is not in indexing or is not paused.")]
    NotUnderWay,
    #[error("Unable to delete document during indexing.")]
    Indexing,
    #[error("The document has been processed. Please refresh the page or go to the document details.")]
    AlreadyFinished,
    #[error("The dataset is still being initialized or indexing. Please wait a moment.")]
    NotInitialized,
    /// The new text of a child could not be put into the index.
    #[error("Create child chunk index failed: {0}")]
    ChildIndex(String),
    #[error("Delete child chunk index failed: {0}")]
    ChildIndexDelete(String),
    #[error("Dataset indexing estimate failed: {0}")]
    Estimate(String),
    /// A model cannot be used, or failed.
    #[error(transparent)]
    Model(#[from] GenerateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Find(#[from] FindError),
    /// Somebody else's API failed.
    #[error(transparent)]
    External(#[from] ExternalError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl KnowledgeError {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }
}

impl From<PoolError> for KnowledgeError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for KnowledgeError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
