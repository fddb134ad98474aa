//! The caller of the Web API: a visitor of a published page, proven by a passport.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::cookie::time::OffsetDateTime;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, dev};
use config::{AuthSettings, UrlSettings};
use core_app::workflow::Person;
use models::{Caller, InvokeFrom};
use services::published::{self, PassportError, Published};

use crate::cookies;
use crate::data::data;
use crate::error::ApiError;
use crate::guest::Guest;
use crate::rules::callers::check_address;

const PASSPORT_HEADER: &str = "X-App-Passport";
const CODE_HEADER: &str = "X-App-Code";
/// Only enterprise installations set this one; it is never a passport.
const LOGIN_COOKIE: &str = "webapp_access_token";

/// A visitor whose passport opens the page.
#[derive(Debug, Clone)]
pub struct Visitor(pub published::Visitor);

impl Deref for Visitor {
    type Target = published::Visitor;
    fn deref(&self) -> &published::Visitor {
        &self.0
    }
}

impl Visitor {
    pub fn caller(&self) -> Caller {
        Caller::EndUser(self.end_user.id)
    }

    /// The visitor as somebody who uses the app.
    pub fn guest(&self) -> Guest {
        let session = self.end_user.session_id.clone();
        Guest {
            app: Arc::clone(&self.app),
            caller: self.caller(),
            person: Person::EndUser(session.clone()),
            session,
            invoke_from: InvokeFrom::WebApp,
        }
    }
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        let published = data::<Published>(request);
        let passport = passport(request, app_code(request).as_deref());
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            let passport = passport?.ok_or(PassportError::Missing)?;
            Ok(Self(published?.visitor(&passport).await?))
        })
    }
}

/// Middleware: proves the visitor before any argument of the handler is read, so that a wrong passport is reported
/// rather than a wrong body.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn visitors_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let admitted = async {
        let visitor = Visitor::extract(request.request()).await?;
        check_address(&visitor.app, request.request())?;
        Ok::<_, ApiError>(visitor)
    };
    match admitted.await {
        Ok(visitor) => {
            request.extensions_mut().insert(visitor);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

/// The code of the page that the request is about.
pub fn app_code(request: &HttpRequest) -> Option<String> {
    header_text(request, CODE_HEADER)
}

/// The passport that a request shows for the page with that code: its cookie, else its header. The `Authorization`
/// header never is one.
///
/// # Errors
/// When the tier was built without [`WebCookies`].
pub fn passport(request: &HttpRequest, code: Option<&str>) -> Result<Option<String>, ApiError> {
    let cookies = data::<WebCookies>(request)?;
    let cookie = code.and_then(|code| cookies.read(request, &format!("passport-{code}")));
    Ok(cookie.or_else(|| header_text(request, PASSPORT_HEADER)))
}

/// How the cookies of published pages are named and forgotten.
#[derive(Debug, Clone)]
pub struct WebCookies {
    secure: bool,
    /// Empty: of this host only.
    domain: String,
}

impl WebCookies {
    pub fn new(urls: &UrlSettings, auth: &AuthSettings) -> Self {
        let https = |url: &str| url.starts_with("https");
        Self { secure: https(&urls.console_web) && https(&urls.console_api), domain: auth.cookie_domain.clone() }
    }

    /// Whether the request carries the login token of an enterprise installation.
    pub fn has_login_token(&self, request: &HttpRequest) -> bool {
        let bearer = header_text(request, header::AUTHORIZATION.as_str());
        let bearer = bearer.as_deref().and_then(|text| text.split_once(' '));
        self.read(request, LOGIN_COOKIE).is_some() || bearer.is_some_and(|(s, _)| s.eq_ignore_ascii_case("bearer"))
    }

    /// The login token's cookie, to be forgotten.
    pub fn signed_out(&self) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name(LOGIN_COOKIE), "")
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::None)
            .expires(OffsetDateTime::UNIX_EPOCH)
            .finish();
        if !self.domain.is_empty() {
            cookie.set_domain(self.domain.clone());
        }
        cookie
    }

    fn name(&self, name: &str) -> String {
        if self.secure && self.domain.is_empty() { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn read(&self, request: &HttpRequest, name: &str) -> Option<String> {
        cookies::value(request, &self.name(name)).filter(|value| !value.is_empty())
    }
}

fn header_text(request: &HttpRequest, name: &str) -> Option<String> {
    let text = request.headers().get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web::Data;

    use super::*;

    fn cookies(secure: bool, domain: &str) -> WebCookies {
        WebCookies { secure, domain: domain.to_owned() }
    }

    fn check(cookies: WebCookies, headers: &[(&str, &str)], expected: Option<&str>) {
        let mut request = TestRequest::default().app_data(Data::new(cookies));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.to_http_request();
        assert_eq!(passport(&request, app_code(&request).as_deref()).unwrap().as_deref(), expected, "{headers:?}");
    }

    #[test]
    fn the_cookie_wins_over_the_header() {
        let (code, shown) = (("X-App-Code", "abc"), ("X-App-Passport", "header"));
        check(cookies(false, ""), &[code, shown, ("Cookie", "passport-abc=cookie")], Some("cookie"));
        check(cookies(false, ""), &[code, shown, ("Cookie", "passport-other=cookie")], Some("header"));
        check(cookies(false, ""), &[shown, ("Cookie", "passport-abc=cookie")], Some("header"));
        check(cookies(false, ""), &[code, ("Authorization", "Bearer x")], None);
        check(cookies(false, ""), &[code, ("X-App-Passport", "")], None);
    }

    #[test]
    fn secure_hosts_read_prefixed_cookies_only() {
        let code = ("X-App-Code", "abc");
        check(cookies(true, ""), &[code, ("Cookie", "passport-abc=planted")], None);
        check(cookies(true, ""), &[code, ("Cookie", "__Host-passport-abc=own")], Some("own"));
        check(cookies(true, "example.com"), &[code, ("Cookie", "passport-abc=own")], Some("own"));
    }

    #[test]
    fn the_login_cookie_is_cleared_as_it_was_set() {
        let cleared = cookies(true, "").signed_out().to_string();
        assert!(
            cleared.starts_with("__Host-webapp_access_token=; HttpOnly; SameSite=None; Secure; Path=/;"),
            "{cleared}"
        );
    }
}
