//! Who asks: an end user or a member.

use crate::{AccountId, CreatorRole, EndUserId};

/// The person on whose behalf rows of a conversation are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    EndUser(EndUserId),
    Account(AccountId),
}

impl Caller {
    pub const fn end_user(self) -> Option<EndUserId> {
        match self {
            Self::EndUser(id) => Some(id),
            Self::Account(_) => None,
        }
    }

    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(id) => Some(id),
            Self::EndUser(_) => None,
        }
    }

    pub const fn role(self) -> CreatorRole {
        match self {
            Self::EndUser(_) => CreatorRole::EndUser,
            Self::Account(_) => CreatorRole::Account,
        }
    }

    /// The id alone, for `created_by` columns.
    pub const fn id(self) -> uuid::Uuid {
        match self {
            Self::EndUser(id) => id.0,
            Self::Account(id) => id.0,
        }
    }
}
