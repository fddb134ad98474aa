//! Passwords: Argon2id in PHC form for new ones; what Dify stored (PBKDF2-HMAC-SHA256, 10 000 rounds, base64 of the hex
//! digest, salt beside it) is accepted and replaced at the next sign-in.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use super::error::HashError;

const PBKDF2_ROUNDS: u32 = 10_000;
/// Each takes 19 MiB and a core for some 20 ms.
const AT_ONCE: usize = 2;

/// At least eight characters, with a letter and a digit.
pub fn is_acceptable(password: &str) -> bool {
    password.chars().count() >= 8
        && password.chars().any(|c| c.is_ascii_alphabetic())
        && password.chars().any(|c| c.is_ascii_digit())
}

/// What is stored of a password.
#[derive(Debug, Clone)]
pub(crate) struct StoredPassword {
    pub hash: String,
    pub salt: Option<String>,
}

/// How a password compares with what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and stored in a form that is to be replaced.
    RightButOld,
}

/// Hashes and compares passwords away from the runtime's threads, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    permits: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Hasher {
    /// The PHC string of a password.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = password.to_owned();
        self.run(move || argon2id(&password)).await?
    }

    pub(crate) async fn verify(&self, password: &str, stored: StoredPassword) -> Result<Verdict, HashError> {
        let password = password.to_owned();
        self.run(move || verify(&password, &stored)).await
    }

    /// Takes as long as a comparison, so that an unknown address is not told by the clock.
    pub(crate) async fn verify_nothing(&self, password: &str) -> Result<(), HashError> {
        self.hash(password).await.map(drop)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        Ok(done.await?)
    }
}

fn argon2id(password: &str) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|e| HashError::Failed(e.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &StoredPassword) -> Verdict {
    if stored.hash.starts_with('$') {
        let right = PasswordHash::new(&stored.hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        return if right { Verdict::Right } else { Verdict::Wrong };
    }
    match stored.salt.as_deref().map(|salt| STANDARD.decode(salt)) {
        Some(Ok(salt)) if bool::from(difys_hash(password, &salt).as_bytes().ct_eq(stored.hash.as_bytes())) => {
            Verdict::RightButOld
        }
        _ => Verdict::Wrong,
    }
}

fn difys_hash(password: &str, salt: &[u8]) -> String {
    let digest: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt, PBKDF2_ROUNDS);
    STANDARD.encode(hex::encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's `hashlib.pbkdf2_hmac`, as Dify does.
    const DIFYS: (&str, &str, &str) = (
        "Passw0rd!ä",
        "YTQ0NzdiY2M2Y2FkY2M5MDZkZjNiNDQ4ZWU1MTQwZDUyOGU0M2E1OTgyY2Y5NmIwYTA5NjBiYmE1NDQ2NDkzMQ==",
        "AAECAwQFBgcICQoLDA0ODw==",
    );

    #[test]
    fn the_rule() {
        for good in ["abcdefg1", "1234567a", "pass word 1"] {
            assert!(is_acceptable(good), "{good}");
        }
        for bad in ["", "abc1", "abcdefgh", "12345678"] {
            assert!(!is_acceptable(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn difys_hashes_are_accepted_as_old() {
        let (password, hash, salt) = DIFYS;
        let stored = StoredPassword { hash: hash.to_owned(), salt: Some(salt.to_owned()) };
        let hasher = Hasher::default();
        assert_eq!(hasher.verify(password, stored.clone()).await.unwrap(), Verdict::RightButOld);
        assert_eq!(hasher.verify("Passw0rd!a", stored.clone()).await.unwrap(), Verdict::Wrong);
        for salt in [None, Some("no base64!".to_owned())] {
            let broken = StoredPassword { salt, ..stored.clone() };
            assert_eq!(hasher.verify(password, broken).await.unwrap(), Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn own_hashes_are_argon2id() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse 1").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(hash.len() < 255);
        let stored = StoredPassword { hash, salt: None };
        assert_eq!(hasher.verify("correct horse 1", stored.clone()).await.unwrap(), Verdict::Right);
        assert_eq!(hasher.verify("correct horse 2", stored).await.unwrap(), Verdict::Wrong);
        let broken = StoredPassword { hash: "$argon2id$nonsense".to_owned(), salt: None };
        assert_eq!(hasher.verify("x", broken).await.unwrap(), Verdict::Wrong);
    }
}
