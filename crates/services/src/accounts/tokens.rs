//! The JWTs of the Console: HS256 with `SECRET_KEY`.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use models::AccountId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

const SUBJECT: &str = "Console API Passport";

/// A token that is missing, expired, forged, or not for the Console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongToken {
    #[error("Token has expired.")]
    Expired,
    #[error("Invalid token signature.")]
    Forged,
    #[error("Invalid token.")]
    Invalid,
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct CannotSign(#[from] jsonwebtoken::errors::Error);

#[derive(Debug, Serialize, Deserialize)]
struct AccessClaims {
    user_id: String,
    exp: i64,
    iss: String,
    sub: String,
    /// Set in tokens of web apps, which the Console refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_source: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CsrfClaims {
    sub: String,
    exp: i64,
}

/// Makes and checks access and CSRF tokens.
#[derive(Clone)]
pub struct TokenIssuer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    life: Duration,
}

impl TokenIssuer {
    pub fn new(secret_key: &SecretString, edition: &str, life: Duration) -> Self {
        let secret = secret_key.expose_secret().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            issuer: edition.to_owned(),
            life,
        }
    }

    fn expiry(&self) -> i64 {
        chrono::Utc::now().timestamp().saturating_add_unsigned(self.life.as_secs())
    }

    pub fn access(&self, account: AccountId) -> Result<String, CannotSign> {
        let claims = AccessClaims {
            user_id: account.to_string(),
            exp: self.expiry(),
            iss: self.issuer.clone(),
            sub: SUBJECT.to_owned(),
            token_source: None,
        };
        Ok(encode(&Header::default(), &claims, &self.encoding)?)
    }

    pub fn csrf(&self, account: AccountId) -> Result<String, CannotSign> {
        let claims = CsrfClaims { sub: account.to_string(), exp: self.expiry() };
        Ok(encode(&Header::default(), &claims, &self.encoding)?)
    }

    /// Whose access token it is.
    pub fn account_of(&self, access_token: &str) -> Result<AccountId, WrongToken> {
        let claims = self.read::<AccessClaims>(access_token)?;
        if claims.token_source.is_some() {
            return Err(WrongToken::Invalid);
        }
        claims.user_id.parse().ok().ok_or(WrongToken::Invalid)
    }

    /// Whether this is a live CSRF token of the account.
    pub fn is_csrf_of(&self, token: &str, account: AccountId) -> bool {
        self.read::<CsrfClaims>(token).is_ok_and(|claims| claims.sub == account.to_string())
    }

    fn read<C: serde::de::DeserializeOwned>(&self, token: &str) -> Result<C, WrongToken> {
        use jsonwebtoken::errors::ErrorKind;
        match decode::<C>(token, &self.decoding, &self.validation) {
            Ok(data) => Ok(data.claims),
            Err(e) if matches!(e.kind(), ErrorKind::ExpiredSignature) => Err(WrongToken::Expired),
            Err(e) if matches!(e.kind(), ErrorKind::InvalidSignature) => Err(WrongToken::Forged),
            Err(_) => Err(WrongToken::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(life: u64) -> TokenIssuer {
        TokenIssuer::new(&SecretString::from("sk-0123456789abcdef"), "SELF_HOSTED", Duration::from_secs(life))
    }

    #[test]
    fn access_tokens_name_their_account() {
        let account = AccountId::random();
        let token = issuer(60).access(account).unwrap();
        assert_eq!(issuer(60).account_of(&token), Ok(account));
        assert_eq!(issuer(60).account_of("x.y.z"), Err(WrongToken::Invalid));
        let stranger =
            TokenIssuer::new(&SecretString::from("another-secret-key"), "SELF_HOSTED", Duration::from_secs(60));
        assert_eq!(issuer(60).account_of(&stranger.access(account).unwrap()), Err(WrongToken::Forged));
    }

    #[test]
    fn tokens_expire() {
        let mut old = issuer(60);
        let account = AccountId::random();
        let claims = CsrfClaims { sub: account.to_string(), exp: chrono::Utc::now().timestamp() - 1 };
        let expired = encode(&Header::default(), &claims, &old.encoding).unwrap();
        assert!(!old.is_csrf_of(&expired, account));
        old.life = Duration::from_secs(60);
        assert!(old.is_csrf_of(&old.csrf(account).unwrap(), account));
        assert!(!old.is_csrf_of(&old.csrf(account).unwrap(), AccountId::random()));
    }

    proptest::proptest! {
        #[test]
        fn a_token_of_any_time_holds_until_then(far: i64, near in -100_000_i64..100_000) {
            let now = chrono::Utc::now().timestamp();
            let (issuer, account) = (issuer(60), AccountId::random());
            proptest::prop_assume!(near.abs() > 30 && far.abs_diff(now) > 30);
            for exp in [far, now + near, i64::MIN, i64::MAX, -1, 0] {
                let claims = CsrfClaims { sub: account.to_string(), exp };
                let token = encode(&Header::default(), &claims, &issuer.encoding).unwrap();
                proptest::prop_assert_eq!(issuer.is_csrf_of(&token, account), exp > now, "{}", exp);
            }
        }
    }

    #[test]
    fn tokens_of_web_apps_are_refused() {
        let issuer = issuer(60);
        let claims = AccessClaims {
            user_id: AccountId::random().to_string(),
            exp: issuer.expiry(),
            iss: String::new(),
            sub: String::new(),
            token_source: Some("webapp_login_token".to_owned()),
        };
        let token = encode(&Header::default(), &claims, &issuer.encoding).unwrap();
        assert_eq!(issuer.account_of(&token), Err(WrongToken::Invalid));
    }
}
