//! Headers of every answer: `X-Version`, `X-Env`, `X-Request-Id`.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
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
