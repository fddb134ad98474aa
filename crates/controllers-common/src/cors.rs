//! Cross-origin calls, by tier.
//!
//! Console and web pages send cookies: their origin is echoed, never `*`, and only when it is admitted. The Service API
//! takes keys and no cookies: any origin, and the headers are there even for callers without one.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{Error, HttpResponse};
use config::Origins;
use futures::future::{LocalBoxFuture, Ready, ready};

const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, OPTIONS, PATCH, POST, PUT");
/// Those of the contract, then those of this server's own.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-Version, X-Env, X-Trace-Id, API-Version, Deprecation, ETag, Idempotency-Replayed, Link, Retry-After, Server-Timing, \
     Sunset, X-Request-Id, X-Workflow-Run-Id",
);
const WITH_COOKIES: [&str; 5] = ["Content-Type", "X-App-Code", "X-App-Passport", "Authorization", "X-CSRF-Token"];
const WITH_KEYS: [&str; 4] = ["Content-Type", "X-App-Code", "X-App-Passport", "Authorization"];

/// Headers of this server's own, which a client made for the contract never asks for.
const OWN: [&str; 9] = [
    "API-Version",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
    "X-Signature",
    "X-Stream-Done",
    "X-Stream-Ids",
    "X-Upload-Token",
];
/// OpenAI's clients tell of themselves in headers that begin so.
const OF_OPENAI: &str = "x-stainless-";

/// Who may call from a browser.
#[derive(Debug, Clone)]
enum Policy {
    /// Listed origins, with cookies.
    Cookies(Origins),
    /// Any origin, with a key.
    Keys,
}

/// Middleware that admits browsers and answers their preflights.
#[derive(Debug, Clone)]
pub struct Cors(Arc<Policy>);

impl Cors {
    /// For the Console and published pages.
    pub fn with_cookies(origins: Origins) -> Self {
        Self(Arc::new(Policy::Cookies(origins)))
    }

    /// For the Service API.
    pub fn with_keys() -> Self {
        Self(Arc::new(Policy::Keys))
    }
}

impl Cors {
    /// Marks an answer that was given before its route was reached.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        self.0.mark(origin, headers);
    }
}

impl Policy {
    fn request_headers(&self) -> &'static [&'static str] {
        match self {
            Self::Cookies(_) => &WITH_COOKIES,
            Self::Keys => &WITH_KEYS,
        }
    }

    /// Marks an answer to a caller with this origin; whether the caller is admitted.
    fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
        match (self, origin) {
            (Self::Cookies(origins), Some(origin)) => {
                if !origin.to_str().is_ok_and(|text| origins.admits(text)) {
                    return false;
                }
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
            }
            (Self::Cookies(_), None) => return false,
            (Self::Keys, Some(origin)) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
            }
            (Self::Keys, None) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        true
    }

    fn preflight(&self, request: &ServiceRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok().finish();
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, METHODS);
        if self.mark(request.headers().get(header::ORIGIN), headers) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            let allowed = self.allowed(request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS));
            if let Some(allowed) = allowed {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            }
        }
        response
    }

    /// Those of the asked headers that may be sent.
    fn allowed(&self, asked: Option<&HeaderValue>) -> Option<HeaderValue> {
        let asked = asked?.to_str().ok()?;
        let known = |name: &&str| {
            self.request_headers().iter().chain(&OWN).any(|known| known.eq_ignore_ascii_case(name))
                || matches!(self, Self::Keys) && name.to_ascii_lowercase().starts_with(OF_OPENAI)
        };
        let allowed: Vec<&str> = asked.split(',').map(str::trim).filter(known).collect();
        (!allowed.is_empty()).then(|| HeaderValue::from_str(&allowed.join(", ")).ok())?
    }
}

/// A preflight asks for a method; any other OPTIONS is answered the same way.
pub(crate) fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
}

impl<S, B> Transform<S, ServiceRequest> for Cors
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = CorsService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(CorsService { service: Rc::new(service), policy: Arc::clone(&self.0) }))
    }
}

/// The running middleware.
pub struct CorsService<S> {
    service: Rc<S>,
    policy: Arc<Policy>,
}

impl<S, B> Service<ServiceRequest> for CorsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let policy = Arc::clone(&self.policy);
        if is_preflight(&request) {
            let response = policy.preflight(&request);
            return Box::pin(ready(Ok(request.into_response(response).map_into_right_body())));
        }
        let origin = request.headers().get(header::ORIGIN).cloned();
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            let mut response = service.call(request).await?;
            policy.mark(origin.as_ref(), response.headers_mut());
            Ok(response.map_into_left_body())
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};

    use super::*;

    async fn ask(cors: Cors, request: TestRequest) -> Vec<(String, String)> {
        let app =
            init_service(App::new().wrap(cors).route("/", web::get().to(async || HttpResponse::Ok().finish()))).await;
        let response = call_service(&app, request.uri("/").to_request()).await;
        let headers = response.headers().iter();
        let mut all: Vec<_> =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        all.sort();
        all
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    #[actix_web::test]
    async fn cookies_need_a_listed_origin() {
        let cors = Cors::with_cookies(Origins::Listed(vec!["https://a.example".to_owned()]));
        let good = ask(cors.clone(), TestRequest::get().insert_header(("Origin", "https://a.example"))).await;
        assert_eq!(value(&good, "access-control-allow-origin"), Some("https://a.example"));
        assert_eq!(value(&good, "access-control-allow-credentials"), Some("true"));
        assert_eq!(value(&good, "access-control-expose-headers"), Some(EXPOSED.to_str().unwrap()));
        assert_eq!(value(&good, "vary"), Some("Origin"));
        let bad = ask(cors.clone(), TestRequest::get().insert_header(("Origin", "https://b.example"))).await;
        assert_eq!(value(&bad, "access-control-allow-origin"), None);
        let same_site = ask(cors, TestRequest::get()).await;
        assert!(same_site.is_empty());
    }

    #[actix_web::test]
    async fn preflights_name_what_is_allowed() {
        let request = TestRequest::with_uri("/")
            .method(Method::OPTIONS)
            .insert_header(("Origin", "https://a.example"))
            .insert_header(("Access-Control-Request-Method", "POST"))
            .insert_header(("Access-Control-Request-Headers", "content-type, x-csrf-token, x-other"));
        let answer = ask(Cors::with_cookies(Origins::Any), request).await;
        assert_eq!(value(&answer, "access-control-allow-headers"), Some("content-type, x-csrf-token"));
        assert_eq!(value(&answer, "access-control-allow-methods"), Some("DELETE, GET, OPTIONS, PATCH, POST, PUT"));
        assert_eq!(value(&answer, "access-control-allow-origin"), Some("https://a.example"));
    }

    #[actix_web::test]
    async fn keys_admit_everybody_without_cookies() {
        let anybody = ask(Cors::with_keys(), TestRequest::get()).await;
        assert_eq!(value(&anybody, "access-control-allow-origin"), Some("*"));
        let named = ask(Cors::with_keys(), TestRequest::get().insert_header(("Origin", "https://x.example"))).await;
        assert_eq!(value(&named, "access-control-allow-origin"), Some("https://x.example"));
        assert_eq!(value(&named, "access-control-allow-credentials"), None);
    }
}
