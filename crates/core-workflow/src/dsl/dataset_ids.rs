//! Ids of datasets in files: readable only in the workspace that wrote them. AES-256-CBC, the key being the SHA-256 of
//! the workspace's id, the first vector the first half of the key, padded by PKCS #7, in base64.

use aes::Aes256;
use aes::cipher::{Block, BlockDecrypt, BlockEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const BLOCK: usize = 16;

fn key(tenant: &str) -> ([u8; 32], [u8; BLOCK]) {
    let key: [u8; 32] = Sha256::digest(tenant.as_bytes()).into();
    let first = key.first_chunk().copied().unwrap_or_default();
    (key, first)
}

/// The id as it stands in files of the workspace.
pub fn encrypt_dataset_id(tenant: &str, id: &str) -> String {
    let (key, mut previous) = key(tenant);
    let cipher = Aes256::new(&key.into());
    let padding = BLOCK - id.len() % BLOCK;
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.chunks_exact(BLOCK) {
        let mut block = Block::<Aes256>::default();
        for ((to, from), mask) in block.iter_mut().zip(chunk).zip(previous) {
            *to = from ^ mask;
        }
        cipher.encrypt_block(&mut block);
        out.extend_from_slice(&block);
        previous = block.into();
    }
    STANDARD.encode(out)
}

/// The id that stands in a file: a plain one, or one that this workspace wrote; `None` for any other.
pub fn decrypt_dataset_id(tenant: &str, text: &str) -> Option<String> {
    if Uuid::parse_str(text).is_ok() {
        return Some(text.to_owned());
    }
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() % BLOCK == 0)?;
    let (key, mut previous) = key(tenant);
    let cipher = Aes256::new(&key.into());
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.chunks_exact(BLOCK) {
        let before: [u8; BLOCK] = chunk.try_into().ok()?;
        let mut block = Block::<Aes256>::from(before);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(previous).map(|(byte, mask)| byte ^ mask));
        previous = before;
    }
    let padding = usize::from(*out.last()?);
    let padded = (1..=BLOCK).contains(&padding) && out.ends_with(&vec![*out.last()?; padding]);
    out.truncate(padded.then(|| out.len().saturating_sub(padding))?);
    String::from_utf8(out).ok().filter(|id| Uuid::parse_str(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "1c3a7f0e-2f7a-4a55-9a5a-0c8d5e6f7a8b";
    const ID: &str = "0f3c8a1e-0000-4000-8000-000000000000";
    /// Made with OpenSSL by the recipe above.
    const FROM_OPENSSL: &str = "TO8ayFH10Qb9Xne2bnGdCaNOyxwMhE9GL4lgEvXUjCyCrwgItuNS+NLr24S3YYQg";

    #[test]
    fn only_the_workspace_reads_them() {
        let hidden = encrypt_dataset_id(TENANT, ID);
        assert_eq!(hidden, FROM_OPENSSL);
        assert_eq!(decrypt_dataset_id(TENANT, &hidden).as_deref(), Some(ID));
        assert_eq!(decrypt_dataset_id(TENANT, ID).as_deref(), Some(ID));
        for bad in [
            "",
            "no base64!",
            "AAAA",
            hidden.get(4..).unwrap(),
            &encrypt_dataset_id("another", ID),
            &encrypt_dataset_id(TENANT, "no id"),
        ] {
            assert_eq!(decrypt_dataset_id(TENANT, bad), None, "{bad}");
        }
    }
}
