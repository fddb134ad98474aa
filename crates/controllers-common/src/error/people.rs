//! Faults of invitations and mailed codes.

use actix_web::http::StatusCode;
use services::people::{PeopleError, Purpose};

use crate::error::ApiError;

/// Too many mails to one address.
const fn mails_code(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PasswordReset => "password_reset_rate_limit_exceeded",
        Purpose::CodeLogin => "email_code_login_rate_limit_exceeded",
        Purpose::Registration => "email_register_rate_limit_exceeded",
        Purpose::EmailChange => "email_change_rate_limit_exceeded",
        Purpose::OwnerTransfer => "owner_transfer_rate_limit_exceeded",
        Purpose::AccountDeletion => "email_code_account_deletion_rate_limit_exceeded",
    }
}

/// Too many wrong codes for one address.
const fn tries_code(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PasswordReset => "email_password_reset_limit",
        Purpose::CodeLogin => "email_code_login_limit",
        Purpose::Registration => "email_register_limit",
        Purpose::EmailChange => "email_change_limit",
        Purpose::OwnerTransfer => "owner_transfer_limit",
        // Its service tells every fault of a proof as one.
        Purpose::AccountDeletion => "too_many_requests",
    }
}

impl From<PeopleError> for ApiError {
    fn from(e: PeopleError) -> Self {
        let text = e.to_string();
        let bad = |code: &'static str| Self::new(StatusCode::BAD_REQUEST, code, e.to_string());
        let many = |code: &'static str| Self::new(StatusCode::TOO_MANY_REQUESTS, code, e.to_string());
        match e {
            PeopleError::MailNotConfigured => bad("mail_not_configured"),
            PeopleError::AddressLimited => many("email_send_ip_limit"),
            PeopleError::TooManyMails { purpose, retry_after } => many(mails_code(purpose)).retry_after(retry_after),
            PeopleError::TooManyTries(purpose) => many(tries_code(purpose)),
            PeopleError::TooManyRequests { retry_after } => many("too_many_requests").retry_after(retry_after),
            PeopleError::WrongCode => bad("email_code_error"),
            PeopleError::InvalidToken => bad("invalid_or_expired_token"),
            PeopleError::OtherEmail => bad("invalid_email"),
            PeopleError::MalformedEmail(_) => Self::invalid_field("email", text),
            PeopleError::Invalid(_) => Self::invalid_param(text),
            PeopleError::PasswordMismatch => bad("password_mismatch"),
            PeopleError::AccountNotFound => bad("account_not_found"),
            PeopleError::Banned => bad("account_banned"),
            PeopleError::Frozen => bad("account_in_freeze"),
            PeopleError::EmailInUse => bad("email_already_in_use"),
            PeopleError::MayNotCreateWorkspace => bad("not_allowed_create_workspace"),
            PeopleError::NotOwner => bad("not_owner"),
            PeopleError::TransferToSelf => bad("cannot_transfer_owner_to_self"),
            PeopleError::NotAMember => bad("member_not_in_tenant"),
            PeopleError::InvalidRole => bad("invalid-role"),
            PeopleError::WrongDeletionCode => bad("invalid_account_deletion_code"),
            PeopleError::RegistrationDisabled | PeopleError::PasswordLoginDisabled | PeopleError::MayNotInvite => {
                Self::forbidden(text)
            }
            PeopleError::AlreadyActivated => Self::new(StatusCode::FORBIDDEN, "already_activate", text),
            PeopleError::Account(e) => e.into(),
            PeopleError::Login(e) => e.into(),
            PeopleError::LimitsUnavailable
            | PeopleError::Hash(_)
            | PeopleError::Secrets(_)
            | PeopleError::Sessions(_)
            | PeopleError::Post(_)
            | PeopleError::Db(_) => Self::internal(&e),
        }
    }
}
