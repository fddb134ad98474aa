//! API keys at rest: a keyed hash to find them by, AES-256-GCM to show them again.
//!
//! Both keys are derived from `SECRET_KEY` by HMAC-SHA256. A stored value is `enc:v1:` + base64 of nonce (12), text and
//! tag (16); anything else in the column is a key in clear, as Dify writes it.

use hmac::Mac;
use secrecy::{ExposeSecret, SecretString};

use super::SecretsError;
use super::sealed::{Seal, derive, mac};

const PREFIX: &str = "enc:v1:";

/// Encrypts and hashes API keys for one installation.
#[derive(Clone)]
pub struct ApiTokenCipher {
    cipher: Seal,
    hash_key: [u8; 32],
    encrypts: bool,
}

impl ApiTokenCipher {
    /// `encrypts`: whether new keys are written encrypted. Encrypted ones are read in either case.
    pub fn new(secret_key: &SecretString, encrypts: bool) -> Self {
        let secret = secret_key.expose_secret().as_bytes();
        Self {
            cipher: Seal::new(secret_key, "ferrify/api-token/encryption/v1"),
            hash_key: derive(secret, "ferrify/api-token/hash/v1"),
            encrypts,
        }
    }

    /// What the key is found by.
    pub fn hash(&self, token: &str) -> [u8; 32] {
        let mut mac = mac(&self.hash_key);
        mac.update(token.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// What is stored of a key.
    pub fn seal(&self, token: &str) -> Result<String, SecretsError> {
        if !self.encrypts {
            return Ok(token.to_owned());
        }
        Ok(format!("{PREFIX}{}", self.cipher.seal(token)?))
    }

    /// Whether this is the stored form of an encrypted key. Whoever shows it has read the table, not been given the key.
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The key in clear.
    pub fn open(&self, stored: &str) -> Result<String, SecretsError> {
        let Some(sealed) = stored.strip_prefix(PREFIX) else { return Ok(stored.to_owned()) };
        self.cipher.open(sealed)
    }
}

impl std::fmt::Debug for ApiTokenCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiTokenCipher").field("encrypts", &self.encrypts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(encrypts: bool) -> ApiTokenCipher {
        ApiTokenCipher::new(&SecretString::from("sk-0123456789abcdef"), encrypts)
    }

    #[test]
    fn keys_come_back() {
        let token = "app-0123456789abcdefghijklmn";
        let stored = cipher(true).seal(token).unwrap();
        assert!(ApiTokenCipher::is_sealed(&stored) && stored.len() <= 255 && !stored.contains(token));
        assert!(!ApiTokenCipher::is_sealed(token));
        assert_eq!(cipher(false).open(&stored).unwrap(), token);
        assert_eq!(cipher(false).seal(token).unwrap(), token);
        assert_eq!(cipher(true).open(token).unwrap(), token);
    }

    #[test]
    fn other_installations_read_nothing() {
        let stored = cipher(true).seal("app-x").unwrap();
        let other = ApiTokenCipher::new(&SecretString::from("another-secret-key"), true);
        assert!(matches!(other.open(&stored), Err(SecretsError::BadCiphertext)));
        assert_ne!(other.hash("app-x"), cipher(true).hash("app-x"));
        assert_eq!(cipher(false).hash("app-x"), cipher(true).hash("app-x"));
    }
}
