//! Faults of setup, sign-in and accounts.

use actix_web::http::StatusCode;
use services::accounts::{AccountError, LoginError, SessionError, SessionsError, SetupError};

use crate::error::ApiError;

impl From<SetupError> for ApiError {
    fn from(e: SetupError) -> Self {
        let text = e.to_string();
        match &e {
            SetupError::AlreadySetUp => Self::new(StatusCode::FORBIDDEN, "already_setup", text),
            SetupError::NotValidated => Self::new(StatusCode::UNAUTHORIZED, "not_init_validated", text),
            SetupError::WrongInitPassword => Self::new(StatusCode::UNAUTHORIZED, "init_validate_failed", text),
            SetupError::InvalidEmail(_) => Self::invalid_field("email", text),
            SetupError::WeakPassword => Self::invalid_field("password", text),
            SetupError::Secrets(_) | SetupError::Hash(_) | SetupError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(e: LoginError) -> Self {
        let text = e.to_string();
        match &e {
            LoginError::Disabled => Self::forbidden(text),
            LoginError::MalformedEmail(_) => Self::invalid_field("email", text),
            LoginError::LockedOut => Self::new(StatusCode::TOO_MANY_REQUESTS, "email_code_login_limit", text),
            LoginError::Failed => Self::new(StatusCode::UNAUTHORIZED, "authentication_failed", text),
            LoginError::Banned => Self::new(StatusCode::BAD_REQUEST, "account_banned", text),
            LoginError::Frozen => Self::new(StatusCode::BAD_REQUEST, "account_in_freeze", text),
            LoginError::WeakPassword => Self::invalid_field("password", text),
            LoginError::NotInvited => Self::new(StatusCode::BAD_REQUEST, "invalid_email", text),
            // The sign-in handler answers this one with success; elsewhere it is a refusal.
            LoginError::NoWorkspace => Self::unauthorized(text),
            LoginError::Sessions(sessions) => sessions_fault(sessions),
            LoginError::Hash(_) | LoginError::Tokens(_) | LoginError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(e: SessionError) -> Self {
        let text = e.to_string();
        match &e {
            SessionError::NotSetUp => Self::new(StatusCode::UNAUTHORIZED, "not_setup", text),
            SessionError::NotValidated => Self::new(StatusCode::UNAUTHORIZED, "not_init_validated", text),
            SessionError::Unauthorized(_) | SessionError::Csrf => Self::unauthorized(text),
            SessionError::NotInitialized => Self::new(StatusCode::BAD_REQUEST, "account_not_initialized", text),
            SessionError::Sessions(sessions) => sessions_fault(sessions),
            SessionError::Tokens(_) | SessionError::Db(_) => Self::internal(&e),
        }
    }
}

/// Without Redis nobody signs in: sessions that nobody can end again are worse than none.
fn sessions_fault(e: &SessionsError) -> ApiError {
    match e {
        SessionsError::Redis(_) => ApiError::unavailable("the store of sessions", e),
        SessionsError::Random(_) | SessionsError::Payload(_) | SessionsError::Account => ApiError::internal(e),
    }
}

impl From<AccountError> for ApiError {
    fn from(e: AccountError) -> Self {
        let bad = |code: &'static str| Self::new(StatusCode::BAD_REQUEST, code, e.to_string());
        match &e {
            AccountError::NotFound => bad("account_not_found"),
            AccountError::CurrentPasswordIncorrect => bad("current_password_incorrect"),
            AccountError::RepeatPasswordNotMatch => bad("repeat_password_not_match"),
            AccountError::WeakPassword | AccountError::Invalid(_) => Self::invalid_param(e.to_string()),
            AccountError::AlreadyInitialized => bad("account_already_inited"),
            AccountError::Hash(_) | AccountError::Db(_) => Self::internal(&e),
        }
    }
}
