//! Dify's cipher for a workspace's secrets: a random AES key encrypted with RSA, and the text encrypted with AES.
//!
//! base64 of `HYBRID:` + RSA-OAEP(SHA-1) of a 16-byte key (as long as the modulus) + EAX nonce (16) + tag (16) +
//! AES-128-EAX text. Older values have no prefix and are plain RSA-OAEP.

use aes::Aes128;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eax::aead::generic_array::GenericArray;
use eax::{AeadInPlace, Eax, KeyInit};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};

use super::SecretsError;

const PREFIX: &[u8] = b"HYBRID:";
const KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

fn oaep() -> Oaep {
    Oaep::new::<sha1::Sha1>()
}

pub(super) fn encrypt(key: &RsaPublicKey, text: &str) -> Result<String, SecretsError> {
    encrypt_with(key, text, rand::random(), rand::random())
}

fn encrypt_with(
    key: &RsaPublicKey,
    text: &str,
    aes_key: [u8; KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
) -> Result<String, SecretsError> {
    let wrapped = key
        .encrypt(&mut rsa::rand_core::OsRng, oaep(), &aes_key)
        .map_err(|e| SecretsError::Encryption(e.to_string()))?;
    let mut body = text.as_bytes().to_vec();
    let tag = Eax::<Aes128>::new(GenericArray::from_slice(&aes_key))
        .encrypt_in_place_detached(GenericArray::from_slice(&nonce), b"", &mut body)
        .map_err(|e| SecretsError::Encryption(e.to_string()))?;
    Ok(STANDARD.encode([PREFIX, &wrapped, &nonce, tag.as_slice(), &body].concat()))
}

pub(super) fn decrypt(key: &RsaPrivateKey, text: &str) -> Result<String, SecretsError> {
    let blob = STANDARD.decode(text.trim()).map_err(unreadable)?;
    let clear = match blob.strip_prefix(PREFIX) {
        Some(parts) => decrypt_hybrid(key, parts)?,
        None => key.decrypt(oaep(), &blob).map_err(unreadable)?,
    };
    String::from_utf8(clear).map_err(unreadable)
}

fn decrypt_hybrid(key: &RsaPrivateKey, parts: &[u8]) -> Result<Vec<u8>, SecretsError> {
    let (wrapped, rest) = parts.split_at_checked(key.size()).ok_or(SecretsError::BadCiphertext)?;
    let (nonce, rest) = rest.split_at_checked(NONCE_BYTES).ok_or(SecretsError::BadCiphertext)?;
    let (tag, body) = rest.split_at_checked(TAG_BYTES).ok_or(SecretsError::BadCiphertext)?;
    let aes_key = key.decrypt(oaep(), wrapped).map_err(unreadable)?;
    if aes_key.len() != KEY_BYTES {
        return Err(SecretsError::BadCiphertext);
    }
    let mut body = body.to_vec();
    Eax::<Aes128>::new(GenericArray::from_slice(&aes_key))
        .decrypt_in_place_detached(GenericArray::from_slice(nonce), b"", &mut body, GenericArray::from_slice(tag))
        .map_err(unreadable)?;
    Ok(body)
}

/// Why a value cannot be read says nothing useful and could tell a forger something.
fn unreadable<E>(_reason: E) -> SecretsError {
    SecretsError::BadCiphertext
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::DecodeRsaPrivateKey;

    use super::*;

    /// Made with PyCryptodome, like everything that Dify wrote.
    const PRIVATE: &str = include_str!("test_private.pem");
    const FROM_DIFY: &str = "SFlCUklEOoQLl0B2AJMQcXc+f9RbtqIoC6d6RhSvhgdaThDqfvzOjEnhvFNByjqUUTQvKBnIF/J11Dl0I6TbHNFLaWLZC5YS/RnqJt1SkAOpK4bhAnmhjcthn58Hsfq1kU/KsDDmMGt37rL2eaL7p7SNO/dpl40OdXA0PEEQzDrVKBo6pRxDAIEAHi6OsV870YZWDheAryLWipXncoSOk2/LEkvm1miuXzxp5EDt/EPh/+JJjwA3glwVxOUOK89pyVtQc7Q2d7r36ida/lD504Vd0zcSijVf2FuNWQbf9v6YAf471NEM2/JiDkW5hNLjKjTDlyOYF5n8C+kXdhB48hpWyRCYAxkAAQIDBAUGBwgJCgsMDQ4PDUCYQtR+OWhMemWFAOUfxXwv/IG5/vL9BZaUXmIs2UyPMw==";
    const PLAIN_FROM_DIFY: &str = "kL/XO3kdMubsa2cocMIsyD8ce0PDka4hngDCtoguWqlT3tjuP22ZS1Iitd4449ZLP3bqY4ndmMVX2ignxH3b+m+4/jvRjX1jJBjyHxYe76k8GNaPYvp1qwciPz1pTGfYxFfdhDrsBr38/bhjcsqKSABrFiyrJBKls9U4ZCU2gIfl+5X+t5PokWSrzGO2/2Lqbvl615ziT6vDpjNVaOlaqc5y9ltJTTVOsNwW0yflfyW7NZB+AQm3VxS7GfhFQRkupq7QS+BWLg5BLF+Un3eXFuuY+cps0FLkstSzmnDIYvKVMukhjfhwQXJqj6Z45UTdXn4dkq+6CRELuK8KTV1KBg==";

    fn key() -> RsaPrivateKey {
        RsaPrivateKey::from_pkcs1_pem(PRIVATE).unwrap()
    }

    #[test]
    fn difys_values_are_read() {
        assert_eq!(decrypt(&key(), FROM_DIFY).unwrap(), "sk-geheim-ключ");
        assert_eq!(decrypt(&key(), PLAIN_FROM_DIFY).unwrap(), "plain-secret");
    }

    #[test]
    fn the_parts_are_where_dify_looks() {
        let nonce: [u8; 16] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let made = encrypt_with(&key().to_public_key(), "sk-geheim-ключ", *b"0123456789abcdef", nonce).unwrap();
        let (made, theirs) = (STANDARD.decode(made).unwrap(), STANDARD.decode(FROM_DIFY).unwrap());
        assert_eq!(made.len(), theirs.len());
        // Only the wrapped key differs: OAEP is randomised.
        assert_eq!(made[..7], theirs[..7]);
        assert_eq!(made[7 + 256..], theirs[7 + 256..]);
    }

    #[test]
    fn values_come_back_and_changes_are_noticed() {
        for text in ["", "x", &"long ".repeat(500)] {
            let hidden = encrypt(&key().to_public_key(), text).unwrap();
            assert_eq!(decrypt(&key(), &hidden).unwrap(), text);
        }
        let mut blob = STANDARD.decode(FROM_DIFY).unwrap();
        *blob.last_mut().unwrap() ^= 1;
        for bad in [STANDARD.encode(blob), "no base64!".to_owned(), STANDARD.encode("HYBRID:short"), String::new()] {
            assert!(matches!(decrypt(&key(), &bad), Err(SecretsError::BadCiphertext)), "{bad}");
        }
    }
}
