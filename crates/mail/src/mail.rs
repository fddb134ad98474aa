//! A finished mail.

use std::fmt;

use uuid::Uuid;

/// What is to be sent. Both bodies say the same.
#[derive(Clone)]
pub struct Mail {
    /// The same for every attempt to send this mail.
    pub id: Uuid,
    /// An address without a name.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Mails carry codes and links that are as good as a password.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}
