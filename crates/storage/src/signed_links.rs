//! Links under `/files` that work without a login for a short time.
//!
//! `sign` = URL-safe base64 with padding of HMAC-SHA256 with `SECRET_KEY` over `kind|id|timestamp|nonce`. A link is
//! valid while it is not older than the configured life; one from the future passes (clocks differ). The nonce is not
//! stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The three query parameters of a signed link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Unix seconds at signing.
    pub timestamp: String,
    /// 32 hex digits.
    pub nonce: String,
    pub sign: String,
}

/// Makes and checks signed links.
#[derive(Clone)]
pub struct LinkSigner {
    key: SecretString,
    life_seconds: u64,
}

/// What a link leads to; the first field of the signed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A file in the browser; also a tool's file.
    FilePreview,
    /// A picture of a document, as older answers name it.
    ImagePreview,
}

impl LinkKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::FilePreview => "file-preview",
            Self::ImagePreview => "image-preview",
        }
    }
}

impl LinkSigner {
    pub fn new(secret_key: SecretString, life_seconds: u64) -> Self {
        Self { key: secret_key, life_seconds }
    }

    /// Signs a link to a file, from now on.
    pub fn sign(&self, kind: LinkKind, id: &str) -> Signature {
        self.sign_text(&format!("{}|{id}", kind.as_str()))
    }

    /// Signs any text, from now on; the parts of it are joined by `|`.
    pub fn sign_text(&self, subject: &str) -> Signature {
        let timestamp = chrono::Utc::now().timestamp().to_string();
        let nonce = hex::encode(rand::random::<[u8; 16]>());
        let sign = URL_SAFE.encode(self.digest(subject, &timestamp, &nonce));
        Signature { timestamp, nonce, sign }
    }

    /// `{base}/files/{id}/file-preview?timestamp=..&nonce=..&sign=..`, the sign percent-encoded.
    pub fn file_preview_url(&self, base: &str, id: &str) -> String {
        let Signature { timestamp, nonce, sign } = self.sign(LinkKind::FilePreview, id);
        let sign = sign.replace('=', "%3D");
        format!("{base}/files/{id}/file-preview?timestamp={timestamp}&nonce={nonce}&sign={sign}")
    }

    /// `{base}/files/tools/{id}{.extension}?timestamp=..&nonce=..&sign=..`; `extension` is with its dot, or empty.
    pub fn tool_file_url(&self, base: &str, id: &str, extension: &str) -> String {
        let Signature { timestamp, nonce, sign } = self.sign(LinkKind::FilePreview, id);
        format!("{base}/files/tools/{id}{extension}?timestamp={timestamp}&nonce={nonce}&sign={sign}")
    }

    /// Whether the link was signed here and is not too old.
    pub fn verify(&self, kind: LinkKind, id: &str, signature: &Signature) -> bool {
        self.verify_text(&format!("{}|{id}", kind.as_str()), signature)
    }

    /// Whether the link was signed here, however long ago.
    pub fn is_genuine(&self, kind: LinkKind, id: &str, signature: &Signature) -> bool {
        self.is_genuine_text(&format!("{}|{id}", kind.as_str()), signature)
    }

    /// Whether any text was signed here and not too long ago.
    pub fn verify_text(&self, subject: &str, signature: &Signature) -> bool {
        let Ok(signed_at) = signature.timestamp.parse::<i64>() else { return false };
        let genuine = self.is_genuine_text(subject, signature);
        let age = chrono::Utc::now().timestamp().saturating_sub(signed_at);
        genuine && age <= i64::try_from(self.life_seconds).unwrap_or(i64::MAX)
    }

    fn is_genuine_text(&self, subject: &str, signature: &Signature) -> bool {
        let Signature { timestamp, nonce, sign } = signature;
        // Else the end of another subject could pass for a time and a nonce.
        if timestamp.contains('|') || nonce.contains('|') {
            return false;
        }
        // Some clients encode the sign twice.
        let sign = percent_decode_str(sign).decode_utf8_lossy();
        let Ok(given) = URL_SAFE.decode(sign.as_bytes()) else { return false };
        let mut mac = self.mac();
        mac.update(subject.as_bytes());
        mac.update(format!("|{timestamp}|{nonce}").as_bytes());
        mac.verify_slice(&given).is_ok()
    }

    fn digest(&self, subject: &str, timestamp: &str, nonce: &str) -> Vec<u8> {
        let mut mac = self.mac();
        mac.update(subject.as_bytes());
        mac.update(format!("|{timestamp}|{nonce}").as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.key.expose_secret().as_bytes())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
    }
}

impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSigner").field("life_seconds", &self.life_seconds).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "links are ASCII")]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";

    fn signer() -> LinkSigner {
        LinkSigner::new(SecretString::from("sk-0123456789abcdef"), 300)
    }

    fn aged(seconds: i64) -> Signature {
        let signer = signer();
        let timestamp = (chrono::Utc::now().timestamp() - seconds).to_string();
        let nonce = "00112233445566778899aabbccddeeff".to_owned();
        let sign = URL_SAFE.encode(signer.digest(&format!("file-preview|{ID}"), &timestamp, &nonce));
        Signature { timestamp, nonce, sign }
    }

    #[test]
    fn links_live_for_their_time() {
        assert!(signer().verify(LinkKind::FilePreview, ID, &aged(0)));
        assert!(signer().verify(LinkKind::FilePreview, ID, &aged(299)));
        assert!(signer().verify(LinkKind::FilePreview, ID, &aged(-3600)));
        assert!(!signer().verify(LinkKind::FilePreview, ID, &aged(302)));
        assert!(signer().is_genuine(LinkKind::FilePreview, ID, &aged(302)));
        assert!(!signer().is_genuine(LinkKind::ImagePreview, ID, &aged(302)));
    }

    #[test]
    fn any_change_breaks_a_link() {
        let signature = signer().sign(LinkKind::FilePreview, ID);
        assert!(!signer().verify(LinkKind::ImagePreview, ID, &signature));
        assert!(!signer().verify(LinkKind::FilePreview, "other", &signature));
        let other = Signature { nonce: "0".repeat(32), ..signature.clone() };
        assert!(!signer().verify(LinkKind::FilePreview, ID, &other));
        let stranger = LinkSigner::new(SecretString::from("another-secret-key"), 300);
        assert!(!stranger.verify(LinkKind::FilePreview, ID, &signature));
    }

    #[test]
    fn a_longer_subject_is_no_other_link() {
        let far = "9999999999";
        let Signature { timestamp, nonce, sign } = signer().sign(LinkKind::FilePreview, &format!("{ID}|{far}|0123"));
        let forged = Signature { timestamp: far.to_owned(), nonce: format!("0123|{timestamp}|{nonce}"), sign };
        assert!(!signer().verify(LinkKind::FilePreview, ID, &forged));
        assert!(!signer().is_genuine(LinkKind::FilePreview, ID, &forged));
    }

    #[test]
    fn both_encodings_of_the_sign_are_read() {
        let mut signature = signer().sign(LinkKind::FilePreview, ID);
        assert!(signature.sign.ends_with('='), "SHA-256 in base64 is padded");
        assert!(signer().verify(LinkKind::FilePreview, ID, &signature));
        signature.sign = signature.sign.replace('=', "%3D");
        assert!(signer().verify(LinkKind::FilePreview, ID, &signature));
        assert!(signer().file_preview_url("https://f", ID).ends_with("%3D"));
    }

    #[test]
    fn the_digest_is_the_documented_one() {
        let digest = signer().digest(&format!("file-preview|{ID}"), "1700000000", "00112233445566778899aabbccddeeff");
        assert_eq!(URL_SAFE.encode(digest), KNOWN);
    }

    /// From Python: `base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest())`.
    const KNOWN: &str = "lhmUHdtc6EzindmY3CGrqlQeSwEb7dfX8DO48WYhESY=";
}
