//! What can go wrong with workspaces.

use models::db::{DbError, PoolError, QueryError};

#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error("Account not link tenant.")]
    NotAMember,
    /// And there is no other to go to.
    #[error("workspace is archived")]
    Archived,
    #[error("Workspace not found.")]
    NotFound,
    #[error("Cannot operate self.")]
    Myself,
    #[error("Member not in tenant.")]
    NoSuchMember,
    #[error("No permission to {0} member.")]
    NotAllowed(&'static str),
    #[error("Invalid role")]
    InvalidRole,
    #[error("The provided role is already assigned to the member.")]
    SameRole,
    #[error(transparent)]
    Secrets(#[from] crate::secrets::SecretsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for WorkspaceError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for WorkspaceError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
