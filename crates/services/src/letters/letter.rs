//! What there is to write about.

use serde::{Deserialize, Serialize};

/// A letter before it is put into words. Not `Debug`: it carries codes and links.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Come and work with us.
    Invitation {
        inviter: String,
        workspace: String,
        url: String,
    },
    SignInCode {
        code: String,
    },
    ResetCode {
        code: String,
    },
    /// Somebody wanted to reset the password of an account that there is not. With where to register, if one may.
    NoAccount {
        register_url: Option<String>,
    },
    RegistrationCode {
        code: String,
    },
    /// Somebody wanted to register with the address of an account.
    AccountExists {
        sign_in_url: Option<String>,
    },
    /// To the old address, before it is changed.
    ChangeCode {
        code: String,
    },
    /// To the new address.
    NewAddressCode {
        code: String,
    },
    AddressChanged {
        address: String,
    },
    TransferCode {
        workspace: String,
        code: String,
    },
    OwnershipGiven {
        workspace: String,
        new_owner: String,
    },
    OwnershipGot {
        workspace: String,
    },
    DeletionCode {
        code: String,
    },
    AccountDeleted,
    /// Written by another program of the installation.
    Finished {
        subject: String,
        html: String,
    },
}

impl Letter {
    /// For logs.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::SignInCode { .. } => "sign_in_code",
            Self::ResetCode { .. } => "reset_code",
            Self::NoAccount { .. } => "no_account",
            Self::RegistrationCode { .. } => "registration_code",
            Self::AccountExists { .. } => "account_exists",
            Self::ChangeCode { .. } => "change_code",
            Self::NewAddressCode { .. } => "new_address_code",
            Self::AddressChanged { .. } => "address_changed",
            Self::TransferCode { .. } => "transfer_code",
            Self::OwnershipGiven { .. } => "ownership_given",
            Self::OwnershipGot { .. } => "ownership_got",
            Self::DeletionCode { .. } => "deletion_code",
            Self::AccountDeleted => "account_deleted",
            Self::Finished { .. } => "finished",
        }
    }
}
