//! Opaque random tokens.

use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::SessionsError;

/// A secret that its holder shows again. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// `N` bytes of the operating system's randomness, as hex digits.
    pub(crate) fn random<const N: usize>() -> Result<Self, SessionsError> {
        let mut bytes = [0; N];
        SysRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The text for the cookie or the e-mail.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
