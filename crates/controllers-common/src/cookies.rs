//! The cookies of a Console session.
//!
//! All have `Path=/` and `SameSite=Lax`; they are `Secure` when web and API are both reached by https. Secure cookies
//! of one host have names that begin with `__Host-`: the browser then refuses them from anywhere else. The frontend
//! derives the same name, so the rule must not change.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::time::{Duration as CookieDuration, OffsetDateTime};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use config::{AuthSettings, UrlSettings};
use services::accounts::TokenPair;

const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";
const CSRF: &str = "csrf_token";
const INIT: &str = "session";
const SOCIAL_STATE: &str = "oauth_state";

/// How this installation sets its cookies.
#[derive(Debug, Clone)]
pub struct SessionCookies {
    secure: bool,
    /// Empty: of this host only.
    domain: String,
    access_life: Duration,
    refresh_life: Duration,
}

impl SessionCookies {
    pub fn new(urls: &UrlSettings, auth: &AuthSettings) -> Self {
        let https = |url: &str| url.starts_with("https");
        Self {
            secure: https(&urls.console_web) && https(&urls.console_api),
            domain: auth.cookie_domain.clone(),
            access_life: auth.access_token_life,
            refresh_life: auth.refresh_token_life,
        }
    }

    fn name(&self, name: &'static str) -> String {
        if self.secure && self.domain.is_empty() { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn read(&self, request: &HttpRequest, name: &'static str) -> Option<String> {
        value(request, &self.name(name)).filter(|value| !value.is_empty())
    }

    pub fn access(&self, request: &HttpRequest) -> Option<String> {
        self.read(request, ACCESS)
    }

    pub fn refresh(&self, request: &HttpRequest) -> Option<String> {
        self.read(request, REFRESH)
    }

    pub fn csrf(&self, request: &HttpRequest) -> Option<String> {
        self.read(request, CSRF)
    }

    /// What a browser that passed the init password shows.
    pub fn init_proof(&self, request: &HttpRequest) -> Option<String> {
        value(request, INIT)
    }

    /// The three cookies of a session.
    pub fn signed_in(&self, tokens: TokenPair) -> [Cookie<'static>; 3] {
        [
            self.cookie(ACCESS, tokens.access, self.access_life, true),
            self.cookie(REFRESH, tokens.refresh, self.refresh_life, true),
            self.cookie(CSRF, tokens.csrf, self.access_life, false),
        ]
    }

    /// The same three, to be forgotten.
    pub fn signed_out(&self) -> [Cookie<'static>; 3] {
        [(ACCESS, true), (REFRESH, true), (CSRF, false)].map(|(name, http_only)| self.gone(name, http_only))
    }

    /// Remembers for this browser session that the init password was right.
    pub fn init_validated(&self, proof: String) -> Cookie<'static> {
        Cookie::build(INIT, proof).path("/").http_only(true).secure(self.secure).same_site(SameSite::Lax).finish()
    }

    /// Remembers a sign-in at a provider's, which must end in the browser where it began.
    pub fn social_state(&self, state: String, life: Duration) -> Cookie<'static> {
        self.cookie(SOCIAL_STATE, state, life, true)
    }

    pub fn social_state_of(&self, request: &HttpRequest) -> Option<String> {
        self.read(request, SOCIAL_STATE)
    }

    /// Forgets it.
    pub fn no_social_state(&self) -> Cookie<'static> {
        self.gone(SOCIAL_STATE, true)
    }

    fn gone(&self, name: &'static str, http_only: bool) -> Cookie<'static> {
        let mut cookie = self.cookie(name, String::new(), Duration::ZERO, http_only);
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        cookie
    }

    fn cookie(&self, name: &'static str, value: String, life: Duration, http_only: bool) -> Cookie<'static> {
        let life = CookieDuration::seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let mut cookie = Cookie::build(self.name(name), value)
            .path("/")
            .secure(self.secure)
            .http_only(http_only)
            .same_site(SameSite::Lax)
            .max_age(life)
            .finish();
        if !self.domain.is_empty() {
            cookie.set_domain(self.domain.clone());
        }
        cookie
    }
}

/// The value of a cookie, whatever stands beside it: cookies without a name, which browsers send too, are passed over.
pub(crate) fn value(request: &HttpRequest, name: &str) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut cookies =
        headers.flat_map(|text| text.split(';')).filter_map(|pair| Cookie::parse_encoded(pair.trim()).ok());
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn cookies(secure: bool, domain: &str) -> SessionCookies {
        SessionCookies {
            secure,
            domain: domain.to_owned(),
            access_life: Duration::from_secs(3600),
            refresh_life: Duration::from_secs(86_400),
        }
    }

    fn set(cookies: &SessionCookies) -> Vec<String> {
        let account = models::AccountId::random();
        let pair = TokenPair { account, access: "a".to_owned(), refresh: "r".to_owned(), csrf: "c".to_owned() };
        cookies.signed_in(pair).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn plain_http() {
        assert_eq!(
            set(&cookies(false, "")),
            [
                "access_token=a; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600",
                "refresh_token=r; HttpOnly; SameSite=Lax; Path=/; Max-Age=86400",
                "csrf_token=c; SameSite=Lax; Path=/; Max-Age=3600",
            ]
        );
    }

    #[test]
    fn https_of_one_host_is_prefixed() {
        let first = &set(&cookies(true, ""))[0];
        assert_eq!(first, "__Host-access_token=a; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600");
        let shared = &set(&cookies(true, "example.com"))[2];
        assert_eq!(shared, "csrf_token=c; SameSite=Lax; Secure; Path=/; Domain=example.com; Max-Age=3600");
    }

    #[test]
    fn clearing_keeps_the_attributes() {
        let cleared = cookies(true, "").signed_out()[1].to_string();
        assert!(cleared.starts_with("__Host-refresh_token=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0;"));
        assert!(cleared.contains("Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "{cleared}");
    }
}
