//! What a route asks of its caller.

use models::Role;

/// The right that a route needs; the tables of routes name one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nobody is asked.
    Public,
    /// The installation must be set up.
    SetUp,
    /// The key of the installation's administrator.
    AdminKey,
    /// Signed in, even if the account is not initialised.
    Newcomer,
    /// Signed in.
    Member,
    Editor,
    DatasetEditor,
    Admin,
    Owner,
}

impl Right {
    /// Whether a member with this role has the right.
    pub const fn allows(self, role: Role) -> bool {
        match self {
            Self::Public | Self::SetUp | Self::Newcomer | Self::Member => true,
            Self::Editor => matches!(role, Role::Owner | Role::Admin | Role::Editor),
            Self::DatasetEditor => {
                matches!(role, Role::Owner | Role::Admin | Role::Editor | Role::DatasetOperator)
            }
            Self::Admin => matches!(role, Role::Owner | Role::Admin),
            Self::Owner => matches!(role, Role::Owner),
            Self::AdminKey => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_their_rights() {
        let allowed = |right: Right| -> Vec<Role> { Role::ALL.iter().copied().filter(|r| right.allows(*r)).collect() };
        assert_eq!(allowed(Right::Member).len(), 5);
        assert_eq!(allowed(Right::Editor), [Role::Owner, Role::Admin, Role::Editor]);
        assert_eq!(allowed(Right::DatasetEditor), [Role::Owner, Role::Admin, Role::Editor, Role::DatasetOperator]);
        assert_eq!(allowed(Right::Admin), [Role::Owner, Role::Admin]);
        assert_eq!(allowed(Right::Owner), [Role::Owner]);
        assert!(!Right::Editor.allows(Role::Unknown));
    }
}
