//! What can go wrong.

use std::time::Duration;

use models::db::{DbError, PoolError, QueryError};

use super::Purpose;
use crate::accounts::{AccountError, HashError, LoginError};
use crate::letters::PostError;
use crate::secrets::SecretsError;

#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("This installation sends no mail. Please ask its administrator to configure it.")]
    MailNotConfigured,
    #[error("Too many emails have been sent from this IP address recently. Please try again later.")]
    AddressLimited,
    #[error("Too many {} emails have been sent. Please try again later.", purpose.word())]
    TooManyMails { purpose: Purpose, retry_after: Duration },
    #[error("Too many failed {} attempts. Please try again in 24 hours.", .0.word())]
    TooManyTries(Purpose),
    #[error("Too many requests. Please try again later.")]
    TooManyRequests { retry_after: Duration },
    #[error("Email code is invalid or expired.")]
    WrongCode,
    #[error("The token is invalid or expired.")]
    InvalidToken,
    /// Not the one of the token, or not one's own.
    #[error("The email address is not valid.")]
    OtherEmail,
    #[error("{0} is not a valid email.")]
    MalformedEmail(String),
    #[error("{0}")]
    Invalid(String),
    #[error("The passwords do not match.")]
    PasswordMismatch,
    #[error("Account not found.")]
    AccountNotFound,
    #[error("Account is banned.")]
    Banned,
    #[error("This email account is being deleted and is temporarily unavailable.")]
    Frozen,
    #[error("A user with this email already exists.")]
    EmailInUse,
    #[error("Registration is disabled.")]
    RegistrationDisabled,
    #[error("Password login is disabled.")]
    PasswordLoginDisabled,
    #[error("Workspace not found, please contact system admin to invite you to join in a workspace.")]
    MayNotCreateWorkspace,
    #[error("You are not the owner of the workspace.")]
    NotOwner,
    #[error("You cannot transfer ownership to yourself.")]
    TransferToSelf,
    #[error("The member is not in the workspace.")]
    NotAMember,
    #[error("No permission to add member.")]
    MayNotInvite,
    #[error("Invalid role")]
    InvalidRole,
    #[error("Auth Token is invalid or account already activated, please check again.")]
    AlreadyActivated,
    #[error("Invalid account deletion code.")]
    WrongDeletionCode,
    #[error("limits cannot be checked right now")]
    LimitsUnavailable,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Sessions(#[from] sessions::SessionsError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for PeopleError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for PeopleError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}
