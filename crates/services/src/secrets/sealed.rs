//! Text sealed with a key of the installation: AES-256-GCM, the key derived from `SECRET_KEY` by HMAC-SHA256 for one
//! purpose. The sealed form is base64 of nonce (12), text and tag (16).

use aes_gcm::aead::{Aead, KeyInit as _};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::SecretsError;

const NONCE_BYTES: usize = 12;

/// Seals and opens text of one purpose.
#[derive(Clone)]
pub struct Seal {
    cipher: Aes256Gcm,
}

/// A key for one purpose.
pub(crate) fn derive(secret: &[u8], purpose: &str) -> [u8; 32] {
    let mut mac = mac(secret);
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

pub(crate) fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

impl Seal {
    /// `purpose` is part of the key: what is sealed for one cannot be opened for another.
    pub fn new(secret_key: &SecretString, purpose: &str) -> Self {
        let key = derive(secret_key.expose_secret().as_bytes(), purpose);
        Self { cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)) }
    }

    pub fn seal(&self, text: &str) -> Result<String, SecretsError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let body = self
            .cipher
            .encrypt(&Nonce::from(nonce), text.as_bytes())
            .map_err(|e| SecretsError::Encryption(e.to_string()))?;
        Ok(STANDARD.encode([nonce.as_slice(), &body].concat()))
    }

    pub fn open(&self, sealed: &str) -> Result<String, SecretsError> {
        let blob = STANDARD.decode(sealed).ok().ok_or(SecretsError::BadCiphertext)?;
        let (nonce, body) = blob.split_first_chunk::<NONCE_BYTES>().ok_or(SecretsError::BadCiphertext)?;
        let clear = self.cipher.decrypt(&Nonce::from(*nonce), body).ok().ok_or(SecretsError::BadCiphertext)?;
        String::from_utf8(clear).ok().ok_or(SecretsError::BadCiphertext)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_texts_come_back_for_their_purpose_only() {
        let key = SecretString::from("sk-0123456789abcdef");
        let seal = Seal::new(&key, "letters");
        let sealed = seal.seal("123456").unwrap();
        assert!(!sealed.contains("123456"));
        assert_eq!(seal.open(&sealed).unwrap(), "123456");
        assert!(Seal::new(&key, "others").open(&sealed).is_err());
        for broken in ["", "no base64!", "AAAA"] {
            assert!(seal.open(broken).is_err(), "{broken}");
        }
    }
}
