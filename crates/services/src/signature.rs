//! Signatures of requests, of those that come as of those that are sent: `t=<unix seconds>,v1=<hex>`, where the second is
//! HMAC-SHA256 over `t.method.path.sha256hex(body)` with the app's secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

/// Seconds by which the clocks of caller and server may differ.
pub const WINDOW: i64 = 300;

/// What is signed beside the time.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    pub method: &'a str,
    /// Of a request to an app with its query, as it was sent; of a call-back the path alone.
    pub target: &'a str,
    pub body: &'a [u8],
}

/// A signature as a request carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    time: i64,
    mac: Vec<u8>,
}

impl Signature {
    /// Signs a request.
    pub fn new(secret: &SecretString, request: SignedRequest<'_>, time: i64) -> Self {
        Self { time, mac: keyed(secret, request, time).finalize().into_bytes().to_vec() }
    }

    /// Reads a header; parts with other names are left for later versions.
    pub fn parse(header: &str) -> Option<Self> {
        let mut time = None;
        let mut mac = None;
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", text) => time = text.parse().ok(),
                ("v1", text) => mac = hex::decode(text).ok(),
                _ => {}
            }
        }
        Some(Self { time: time?, mac: mac? })
    }

    /// Whether it was made with the secret for this request, within the window around `now`.
    pub fn proves(&self, secret: &SecretString, request: SignedRequest<'_>, now: i64) -> bool {
        self.time.abs_diff(now) <= WINDOW.unsigned_abs()
            && keyed(secret, request, self.time).verify_slice(&self.mac).is_ok()
    }

    /// Tells one signature from another.
    pub(crate) fn fingerprint(&self) -> String {
        hex::encode(&self.mac)
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "t={},v1={}", self.time, hex::encode(&self.mac))
    }
}

fn keyed(secret: &SecretString, request: SignedRequest<'_>, time: i64) -> Hmac<Sha256> {
    let SignedRequest { method, target, body } = request;
    hmac_sha256(secret, &format!("{time}.{method}.{target}.{}", hex::encode(Sha256::digest(body))))
}

/// A text under a key.
pub(crate) fn hmac_sha256(key: &SecretString, text: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: SignedRequest<'static> =
        SignedRequest { method: "POST", target: "/v1/chat-messages", body: br#"{"query":"Hi"}"# };

    fn secret() -> SecretString {
        SecretString::from("fsig-secret")
    }

    #[test]
    fn a_signature_is_that_of_one_request() {
        let signature = Signature::new(&secret(), REQUEST, 1_000);
        assert_eq!(Signature::parse(&signature.to_string()).as_ref(), Some(&signature));
        assert!(signature.proves(&secret(), REQUEST, 1_300) && signature.proves(&secret(), REQUEST, 700));
        assert!(!signature.proves(&secret(), REQUEST, 1_301) && !signature.proves(&secret(), REQUEST, 699));
        assert!(!signature.proves(&SecretString::from("other"), REQUEST, 1_000));
        for other in [
            SignedRequest { method: "PUT", ..REQUEST },
            SignedRequest { target: "/v1/chat-messages?x=1", ..REQUEST },
            SignedRequest { body: b"{}", ..REQUEST },
        ] {
            assert!(!signature.proves(&secret(), other, 1_000), "{other:?}");
        }
        assert!(!Signature { time: 1_001, ..signature }.proves(&secret(), REQUEST, 1_000));
    }

    #[test]
    fn anybody_can_make_one() {
        // printf '1000.POST./v1/chat-messages.<sha256 of the body>' | openssl dgst -sha256 -hmac fsig-secret
        let made = Signature::new(&secret(), REQUEST, 1_000).to_string();
        assert_eq!(made, EXPECTED);
    }

    const EXPECTED: &str = "t=1000,v1=1fe25bcfb318a66748f16fd68faa1125cf513294d2da271532246aa6b0012780";

    #[test]
    fn what_is_no_signature_is_none() {
        for wrong in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=zz", "t=1;v1=00", "t=9223372036854775808,v1=00"] {
            assert_eq!(Signature::parse(wrong), None, "{wrong}");
        }
        assert!(Signature::parse("t=-9223372036854775808,v1=00").is_some_and(|s| !s.proves(
            &secret(),
            REQUEST,
            i64::MAX
        )));
    }
}
