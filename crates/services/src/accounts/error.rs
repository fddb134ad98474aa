//! What can go wrong with accounts, by what was asked for.

use models::db::{DbError, PoolError, QueryError};

use crate::secrets::SecretsError;

/// Setting up the installation.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("The installation has been set up already. Please refresh the page or return to the dashboard homepage.")]
    AlreadySetUp,
    #[error("Init validation has not been completed yet. Please proceed with the init validation process first.")]
    NotValidated,
    #[error("Init validation failed. Please check the password and try again.")]
    WrongInitPassword,
    #[error("{0} is not a valid email.")]
    InvalidEmail(String),
    #[error("Password must contain letters and numbers, and the length must be greater than 8.")]
    WeakPassword,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Signing in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("Password login is disabled.")]
    Disabled,
    #[error("{0} is not a valid email.")]
    MalformedEmail(String),
    #[error("Too many incorrect password attempts. Please try again later.")]
    LockedOut,
    #[error("Invalid email or password.")]
    Failed,
    #[error("Account is banned.")]
    Banned,
    /// The account is being deleted.
    #[error("This email account is being deleted and is temporarily unavailable.")]
    Frozen,
    #[error("The email address does not match the invitation.")]
    NotInvited,
    /// Of somebody who chooses a password by signing in with an invitation.
    #[error("Password must contain letters and numbers, and the length must be greater than 8.")]
    WeakPassword,
    /// Answered with success, as Dify does.
    #[error("workspace not found, please contact system admin to invite you to join in a workspace")]
    NoWorkspace,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("tokens could not be signed")]
    Tokens(#[from] super::tokens::CannotSign),
    #[error(transparent)]
    Sessions(#[from] sessions::SessionsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Using a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("The installation has not been set up yet. Please proceed with the setup first.")]
    NotSetUp,
    #[error("Init validation has not been completed yet. Please proceed with the init validation process first.")]
    NotValidated,
    #[error("{0}")]
    Unauthorized(&'static str),
    #[error("CSRF token is missing or invalid.")]
    Csrf,
    #[error("The account has not been initialized yet. Please proceed with the initialization process first.")]
    NotInitialized,
    #[error("tokens could not be signed")]
    Tokens(#[from] super::tokens::CannotSign),
    #[error(transparent)]
    Sessions(#[from] sessions::SessionsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Changing an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("Account not found.")]
    NotFound,
    #[error("Current password is incorrect.")]
    CurrentPasswordIncorrect,
    #[error("New password and repeat password does not match.")]
    RepeatPasswordNotMatch,
    #[error("Password must contain letters and numbers, and the length must be greater than 8.")]
    WeakPassword,
    #[error("{0}")]
    Invalid(String),
    #[error("The account has been initialized already.")]
    AlreadyInitialized,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Hashing did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("the password could not be hashed: {0}")]
    Failed(String),
    #[error("password hashing was cut off")]
    Interrupted(#[from] tokio::task::JoinError),
    #[error("password hashing has ended")]
    Ended(#[from] tokio::sync::AcquireError),
}

macro_rules! from_database {
    ($($error:ty),+) => {$(
        impl From<PoolError> for $error {
            fn from(e: PoolError) -> Self {
                Self::Db(e.into())
            }
        }
        impl From<QueryError> for $error {
            fn from(e: QueryError) -> Self {
                Self::Db(e.into())
            }
        }
    )+};
}

from_database!(SetupError, LoginError, SessionError, AccountError);
