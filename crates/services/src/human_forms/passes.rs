//! What lets somebody upload files for a form: a token that says which form and until when, signed for this purpose.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::secrets::{derive, mac};

const PURPOSE: &str = "ferrify/form-uploads/v1";
const ID: usize = 16;
const TIME: usize = 8;

/// Signs and reads such tokens.
#[derive(Clone)]
pub(super) struct Passes {
    key: [u8; 32],
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass {
    pub form: Uuid,
    /// Unix seconds.
    pub expires_at: i64,
}

impl Passes {
    pub(super) fn new(secret_key: &SecretString) -> Self {
        Self { key: derive(secret_key.expose_secret().as_bytes(), PURPOSE) }
    }

    pub(super) fn sign(&self, pass: Pass) -> String {
        let mut bytes = [pass.form.as_bytes().as_slice(), &pass.expires_at.to_be_bytes()].concat();
        let mut mac = mac(&self.key);
        mac.update(&bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token says, if it is ours and still holds.
    pub(super) fn read(&self, token: &str, now: i64) -> Option<Pass> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, signature) = bytes.split_at_checked(ID + TIME)?;
        let mut mac = mac(&self.key);
        mac.update(said);
        mac.verify_slice(signature).ok()?;
        let (form, expires_at) = said.split_at_checked(ID)?;
        let expires_at = i64::from_be_bytes(expires_at.try_into().ok()?);
        (expires_at > now).then_some(Pass { form: Uuid::from_slice(form).ok()?, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_holds_and_only_for_a_while() {
        let passes = Passes::new(&SecretString::from("a secret"));
        let pass = Pass { form: Uuid::new_v4(), expires_at: 1_000 };
        let token = passes.sign(pass);
        assert_eq!(passes.read(&token, 999), Some(pass));
        assert_eq!(passes.read(&token, 1_000), None);
        assert_eq!(Passes::new(&SecretString::from("another")).read(&token, 0), None);
        for wrong in ["", "x", &token.chars().skip(1).collect::<String>(), &format!("{token}AA"), &token.to_lowercase()]
        {
            assert_eq!(passes.read(wrong, 0), None, "{wrong}");
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(passes.read(&URL_SAFE_NO_PAD.encode(&bytes), 0), None, "{at}");
            bytes[at] ^= 1;
        }
    }
}
