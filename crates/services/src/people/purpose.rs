//! What a mailed code is for.

use std::time::Duration;

use config::MailedLives;
use sessions::{CodePurpose, TokenKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    PasswordReset,
    CodeLogin,
    Registration,
    EmailChange,
    OwnerTransfer,
    AccountDeletion,
}

impl Purpose {
    /// Dify's names, in Redis.
    pub(super) const fn token_kind(self) -> TokenKind {
        TokenKind(match self {
            Self::PasswordReset => "reset_password",
            Self::CodeLogin => "email_code_login",
            Self::Registration => "email_register",
            Self::EmailChange => "change_email",
            Self::OwnerTransfer => "owner_transfer",
            Self::AccountDeletion => "account_deletion",
        })
    }

    pub(super) const fn code_purpose(self) -> CodePurpose {
        CodePurpose(match self {
            Self::PasswordReset => "forgot_password",
            Self::CodeLogin => "email_code_login",
            Self::Registration => "email_register",
            Self::EmailChange => "change_email",
            Self::OwnerTransfer => "owner_transfer",
            Self::AccountDeletion => "account_deletion",
        })
    }

    /// How many mails one address gets in which time.
    pub(super) const fn mails(self) -> (u32, Duration) {
        match self {
            Self::CodeLogin => (3, Duration::from_secs(300)),
            Self::PasswordReset
            | Self::Registration
            | Self::EmailChange
            | Self::OwnerTransfer
            | Self::AccountDeletion => (1, Duration::from_secs(60)),
        }
    }

    /// How long code and token live.
    pub(super) const fn life(self, lives: &MailedLives) -> Duration {
        match self {
            Self::PasswordReset => lives.password_reset,
            Self::CodeLogin => lives.code_login,
            Self::Registration => lives.registration,
            Self::EmailChange => lives.email_change,
            Self::OwnerTransfer => lives.owner_transfer,
            Self::AccountDeletion => lives.account_deletion,
        }
    }

    /// In messages to people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PasswordReset => "password reset",
            Self::CodeLogin => "login",
            Self::Registration => "registration",
            Self::EmailChange => "email change",
            Self::OwnerTransfer => "owner transfer",
            Self::AccountDeletion => "account deletion",
        }
    }
}
