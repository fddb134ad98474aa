//! Headers of every answer: `X-Version`, `X-Env`, `X-Request-Id`.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

const X_VERSION: HeaderName = HeaderName::from_static("x-version");
const X_ENV: HeaderName = HeaderName::from_static("x-env");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 128;

/// What is said of the installation in every answer.
#[derive(Debug, Clone)]
pub struct Identity {
    version: HeaderValue,
    env: HeaderValue,
}

impl Identity {
    /// `None` if a text cannot be a header.
    pub fn new(version: &str, env: &str) -> Option<Self> {
        Some(Self { version: version.parse().ok()?, env: env.parse().ok()? })
    }
}

/// The id of a request: the caller's, or made.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Whether a text may be an id: 1 to 128 of `[A-Za-z0-9_-]`.
pub fn is_request_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

const X_SPAN_ID: HeaderName = HeaderName::from_static("x-span-id");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What the caller says of the trace that a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldTrace {
    /// An id, in the contract's order of preference.
    pub id: Option<String>,
    /// The headers of W3C's trace context.
    pub traceparent: Option<String>,
    pub tracestate: Option<String>,
}

impl ToldTrace {
    pub fn of(request: &ServiceRequest) -> Self {
        let header = |name: &HeaderName| request.headers().get(name).and_then(|v| v.to_str().ok());
        let in_query = || {
            let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(request.query_string()).unwrap_or_default();
            pairs.into_iter().find(|(name, _)| name == "trace_id").map(|(_, value)| value)
        };
        let in_parent = || header(&TRACEPARENT)?.split('-').nth(1).filter(|id| id.len() == 32).map(str::to_owned);
        let told = header(&X_TRACE_ID).map(str::to_owned).filter(|id| is_request_id(id));
        let told = told.or_else(|| in_query().filter(|id| is_request_id(id)));
        Self {
            id: told.or_else(|| in_parent().filter(|id| is_request_id(id))),
            traceparent: header(&TRACEPARENT).map(str::to_owned),
            tracestate: header(&TRACESTATE).map(str::to_owned),
        }
    }
}

/// Says in the answer where its request stands in a trace.
pub fn name_trace(headers: &mut HeaderMap, trace: &str, span: &str) {
    for (name, id) in [(X_TRACE_ID, trace), (X_SPAN_ID, span)] {
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(name, id);
        }
    }
}

/// Middleware: gives the request its id and the answer its headers.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let given = request.headers().get(&X_REQUEST_ID).and_then(|v| v.to_str().ok());
    let id = given.filter(|id| is_request_id(id)).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    let identity = request.app_data::<web::Data<Identity>>().cloned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Some(identity) = identity {
        headers.insert(X_VERSION, identity.version.clone());
        headers.insert(X_ENV, identity.env.clone());
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test};

    use super::*;

    // `actix_web::test` hides the attribute of the language.
    #[core::prelude::v1::test]
    fn traces_are_taken_over() {
        let of = |request: test::TestRequest| ToldTrace::of(&request.to_srv_request()).id;
        let parent = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let told = |id: &str| Some(id.to_owned());
        assert_eq!(
            of(test::TestRequest::get().insert_header(("x-trace-id", "abc")).insert_header(parent)),
            told("abc")
        );
        assert_eq!(of(test::TestRequest::get().uri("/?trace_id=q-1").insert_header(parent)), told("q-1"));
        assert_eq!(of(test::TestRequest::get().insert_header(parent)), told("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(of(test::TestRequest::get().insert_header(("x-trace-id", "no good"))), None);
    }

    #[actix_web::test]
    async fn answers_are_marked() {
        let app = test::init_service(
            App::new()
                .app_data(web::Data::new(Identity::new("1.2.3", "TESTING").unwrap()))
                .wrap(from_fn(identify))
                .route("/", web::get().to(async || HttpResponse::Ok().finish())),
        )
        .await;
        for (given, kept) in [("abc_1-2", true), ("not allowed", false), ("", false)] {
            let request = test::TestRequest::get().uri("/").insert_header((X_REQUEST_ID, given)).to_request();
            let response = test::call_service(&app, request).await;
            assert_eq!(response.headers().get("x-version").unwrap(), "1.2.3");
            assert_eq!(response.headers().get("x-env").unwrap(), "TESTING");
            let id = response.headers().get("x-request-id").unwrap().to_str().unwrap();
            assert!(is_request_id(id));
            assert_eq!(id == given, kept, "{given}");
        }
        let missing = test::call_service(&app, test::TestRequest::get().uri("/none").to_request()).await;
        assert_eq!(missing.headers().get("x-version").unwrap(), "1.2.3");
    }
}
