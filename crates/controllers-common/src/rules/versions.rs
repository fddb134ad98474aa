//! Which version of an API a request speaks, and which of its routes are on their way out.

use std::borrow::Cow;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LINK};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};

use crate::error::ApiError;

/// The only version there is.
const CURRENT: HeaderValue = HeaderValue::from_static("1.0");
/// What a caller may ask for.
const KNOWN: [&str; 2] = ["1.0", "latest"];

const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// An older spelling of a route that has a better one.
#[derive(Debug, Clone, Copy)]
pub struct Deprecated {
    /// The last part of its path.
    pub last_part: &'static str,
    /// Takes its place; empty where the path simply ends before it.
    pub successor: &'static str,
}

/// The deprecated routes of a tier, told in each of their answers (RFC 9745, RFC 8594).
#[derive(Debug, Clone, Copy)]
pub struct Deprecations {
    /// Since when, in Unix seconds.
    pub since: i64,
    /// Until when they answer at least, as an HTTP date.
    pub sunset: &'static str,
    /// Under which path they are found.
    pub below: &'static str,
    pub routes: &'static [Deprecated],
}

impl Deprecations {
    /// What is to be asked instead of a path.
    fn successor(&self, path: &str) -> Option<String> {
        if !path.starts_with(self.below) {
            return None;
        }
        let (parent, last) = path.rsplit_once('/')?;
        let route = self.routes.iter().find(|route| route.last_part == last)?;
        Some(if route.successor.is_empty() { parent.to_owned() } else { format!("{parent}/{}", route.successor) })
    }
}

/// Middleware: refuses versions that there are not, says which one answered, and marks answers of deprecated routes.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn versioned<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let asked = request.headers().get(API_VERSION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(unknown) = asked.filter(|version| !KNOWN.contains(&version.trim())) {
        let mut refusal = unsupported(&unknown).error_response();
        refusal.headers_mut().insert(API_VERSION, CURRENT);
        return Ok(request.into_response(refusal).map_into_right_body());
    }
    let deprecations = request.app_data::<web::Data<Deprecations>>().map(|known| *known.get_ref());
    let notice = deprecations.and_then(|known| Some((known, known.successor(request.path())?)));
    let mut response = next.call(request).await?;
    let routed = response.request().match_pattern().is_some();
    let headers = response.headers_mut();
    headers.insert(API_VERSION, CURRENT);
    if let Some((known, successor)) = notice.filter(|_| routed) {
        for (name, value) in [
            (DEPRECATION, format!("@{}", known.since)),
            (SUNSET, known.sunset.to_owned()),
            (LINK, format!("<{successor}>; rel=\"successor-version\"")),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
    Ok(response.map_into_left_body())
}

fn unsupported(version: &str) -> ApiError {
    let shown: Cow<'_, str> = version.chars().take(40).collect::<String>().into();
    let message = format!("There is no API version {shown}; known are {}.", KNOWN.join(" and "));
    ApiError::new(StatusCode::BAD_REQUEST, "unsupported_api_version", message)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse};

    use super::*;

    const OLD: Deprecations = Deprecations {
        since: 1_700_000_000,
        sunset: "Tue, 01 Jan 2030 00:00:00 GMT",
        below: "/v1/datasets/",
        routes: &[
            Deprecated { last_part: "old_name", successor: "new-name" },
            Deprecated { last_part: "update", successor: "" },
        ],
    };

    #[actix_web::test]
    async fn versions_and_deprecations_are_told() {
        let app = init_service(
            App::new()
                .app_data(web::Data::new(OLD))
                .wrap(from_fn(versioned))
                .route("/v1/datasets/{id}/{rest}", web::get().to(async || HttpResponse::Ok().finish())),
        )
        .await;
        for (path, version, status, link) in [
            ("/v1/datasets/7/old_name", "1.0", 200, Some("</v1/datasets/7/new-name>; rel=\"successor-version\"")),
            ("/v1/datasets/7/update", "latest", 200, Some("</v1/datasets/7>; rel=\"successor-version\"")),
            ("/v1/datasets/7/new-name", "latest", 200, None),
            ("/v1/datasets/old_name", "latest", 404, None),
            ("/v1/datasets/7/new-name", "2.0", 400, None),
            ("/v1/datasets/7/new-name", "", 400, None),
        ] {
            let request = TestRequest::get().uri(path).insert_header(("API-Version", version)).to_request();
            let response = call_service(&app, request).await;
            assert_eq!(response.status().as_u16(), status, "{path} {version}");
            let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
            assert_eq!(header("api-version"), Some("1.0"));
            assert_eq!(header("link"), link, "{path}");
            assert_eq!(header("deprecation"), link.map(|_| "@1700000000"));
            assert_eq!(header("sunset"), link.map(|_| OLD.sunset));
        }
    }
}
