//! What an app asks of its callers beside a key: an address of its list, and a signature of each request.

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use config::UploadSettings;
use futures::StreamExt;
use rate_limit::Rejection;
use services::call_rules::AppCallRules;
use services::directory::LiveApp;
use services::signature::{Signature, SignedRequest};

use crate::client_address::client_address;
use crate::data::data;
use crate::error::ApiError;
use crate::valid::BodyLimit;

const HEADER: &str = "X-Signature";
const MEGABYTE: u64 = 1024 * 1024;

/// Lets in callers whose address the app admits.
///
/// # Errors
/// `ip_not_allowed`.
pub fn check_address(app: &LiveApp, request: &HttpRequest) -> Result<(), ApiError> {
    if app.rules.admits(client_address(request)) {
        return Ok(());
    }
    let message = "This app does not take requests from your address.";
    Err(ApiError::new(StatusCode::FORBIDDEN, "ip_not_allowed", message))
}

/// Proves the signature of a request to an app that asks for one. Its body is read for that, and given back. What may
/// change something is taken once.
///
/// # Errors
/// `invalid_signature`, and a body that is too large or cannot be read.
pub async fn check_signature(app: &LiveApp, request: &mut ServiceRequest) -> Result<(), ApiError> {
    let Some(secret) = app.rules.secret.clone() else { return Ok(()) };
    let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let signature = header.and_then(Signature::parse).ok_or_else(|| {
        refused("This app takes signed requests only: X-Signature must be t=<unix seconds>,v1=<hex of the HMAC>.")
    })?;
    let body = whole_body(request).await?;
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let method = request.method().clone();
    let signed = SignedRequest { method: method.as_str(), target: &target, body: &body };
    if !signature.proves(&secret, signed, Utc::now().timestamp()) {
        return Err(refused("The signature does not fit the request, or is older or newer than five minutes."));
    }
    // Whoever repeats a question learns nothing that its answer did not tell before.
    if !matches!(method, Method::GET | Method::HEAD) {
        take_once(app, request.request(), &signature).await?;
    }
    let body = futures::stream::once(std::future::ready(Ok(body)));
    request.set_payload(Payload::Stream { payload: Box::pin(body) });
    Ok(())
}

async fn take_once(app: &LiveApp, request: &HttpRequest, signature: &Signature) -> Result<(), ApiError> {
    let rules = data::<AppCallRules>(request)?;
    rules.take_once(app.app.id, signature).await.map_err(|rejection| match rejection {
        Rejection::Limited { .. } => refused("This signature was used before; sign each request anew."),
        Rejection::Unavailable => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            "Signatures cannot be checked at the moment; please try again.",
        ),
    })
}

fn refused(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "invalid_signature", message)
}

/// The body, up to what the largest upload may have.
async fn whole_body(request: &mut ServiceRequest) -> Result<Bytes, ApiError> {
    let limit = limit(request);
    let mut payload = request.take_payload();
    let mut body = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|e| ApiError::bad_request(format!("The body could not be read: {e}")))?;
        if u64::try_from(body.len() + piece.len()).unwrap_or(u64::MAX) > limit {
            let message = format!("The body is larger than {limit} bytes.");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_entity_too_large", message));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Largest body that is held in memory to be checked, in bytes.
fn limit(request: &ServiceRequest) -> u64 {
    let json = request
        .app_data::<web::Data<BodyLimit>>()
        .map_or(10 * MEGABYTE, |limit| limit.0.try_into().unwrap_or(u64::MAX));
    if !request.content_type().starts_with("multipart/") {
        return json;
    }
    let uploads = request.app_data::<web::Data<UploadSettings>>();
    let largest = uploads.map_or(0, |uploads| uploads.largest_mb().saturating_mul(MEGABYTE));
    json.max(largest.saturating_add(MEGABYTE))
}
