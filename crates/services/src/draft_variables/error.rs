//! What can go wrong with the variables of a draft.

use core_app::GenerateError;
use models::db::{DbError, PoolError, QueryError};

use crate::files::FileError;

#[derive(Debug, thiserror::Error)]
pub enum DraftVariableError {
    #[error("Draft workflow need to be initialized.")]
    NoDraft,
    #[error("variable not found")]
    NotFound,
    /// Not the id of a node.
    #[error("invalid node_id: {0}")]
    NoNode(String),
    #[error("the variable cannot be changed")]
    NotEditable,
    #[error("a variable with this name exists already")]
    NameTaken,
    #[error("a name has 1 to 255 characters")]
    BadName,
    /// Not of the variable's type.
    #[error("the value does not fit: {0}")]
    BadValue(String),
    #[error("cannot reset system variable")]
    NotResettable,
    /// A file that the value names.
    #[error(transparent)]
    Named(#[from] GenerateError),
    /// The whole value is gone or cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// What a node gave out cannot be read: a fault of ours.
    #[error("stored outputs of a node cannot be read")]
    Damaged(#[from] serde_json::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for DraftVariableError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for DraftVariableError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
